/**
 * A shift report as the texts that stand on paper, in one language. The page and the PDF set these same texts, so that no figure can
 * differ between them: numbers become text here and nowhere else.
 */
import type { ShiftReport } from './report.ts'
import type { Head, Pair, ReportText, Tag } from './reportParts.ts'
import { energyTable, kindsTable, linesTable, outputTable, stopsTable } from './reportTables.ts'
import { clock, fillIn, grouped, hours, moment, percent, u2, yuan } from './reportNumbers.ts'
import { REPORT_WORDS, REVISION_WORDS, STATUS_WORDS, type ReportLang } from './reportWords.ts'

/** Below it a figure is shown with one digit less, and said to be about right. */
const LOW_COVERAGE = 0.9
const WEEKDAYS = {
  zh: ['周日', '周一', '周二', '周三', '周四', '周五', '周六'],
  en: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'],
} as const

/** Measured, standard and estimated of a cost in per cent that sum to 100.0. */
export function sharesOf({ measured, standard, estimated }: ShiftReport['by']) {
  const total = measured + standard + estimated
  if (total <= 0) return { m: '—', s: '—', e: '—' }
  const tenth = (part: number) => Math.round((part / total) * 1000)
  const [m, e] = [tenth(measured), tenth(estimated)]
  return { m: grouped(m / 10, 1), s: grouped((1000 - m - e) / 10, 1), e: grouped(e / 10, 1) }
}

export function reportText(report: ShiftReport, lang: ReportLang): ReportText {
  const words = REPORT_WORDS[lang]
  const { day, from, to, netMs, settled } = report
  const week = WEEKDAYS[lang][new Date(`${day}T00:00:00Z`).getUTCDay()]
  const net = fillIn(words.net, { h: hours(netMs, 3) })
  const span = `${clock(from)}–${clock(to)}`
  return {
    brand: lang === 'zh' ? '百元' : 'Baiyuan',
    firm: report.title[lang],
    simulated: report.simulated ? words.simulated : null,
    page: words.page,
    title: words.report,
    shift: report.name[lang],
    when: lang === 'zh' ? `${day}（${week}）${span}，${net}` : `${week} ${day}, ${span}, ${net}`,
    tags: tagsOf(report, lang),
    heads: headsOf(report, lang),
    left: [linesTable(report, lang), kindsTable(report, lang)],
    right: [outputTable(report, lang), energyTable(report, lang)],
    notes: { title: words.coverageTitle, pairs: notesOf(report, lang) },
    below: [stopsTable(report, lang)],
    sign: words.sign,
    end: [
      {
        label: words.shiftSettlement,
        text: settled
          ? `${day} #${report.shift + 1} r${settled.revision}, ${moment(settled.at)}`
          : `${words.open}, ${fillIn(words.asOf, { at: moment(report.asOf) })}`,
      },
      { label: words.accountOfDay, text: accountText(report, lang) },
      {
        label: words.definition,
        text: fillIn(words.definitionOf, { v: report.definition.split('/')[1]!, r: report.records ?? '—' }),
      },
      { label: words.hash, text: settled ? `${settled.hash.slice(0, 32)}…` : words.dash, mono: true },
      { label: words.offset, text: settled ? grouped(settled.offset) : words.dash, mono: true },
      { label: words.printed, text: `${moment(report.at)} UTC+8` },
    ],
  }
}

const accountText = ({ account }: ShiftReport, lang: ReportLang): string =>
  account ? `r${account.revision} ${account.hash.slice(0, 16)}…` : REPORT_WORDS[lang].accountOpen

function tagsOf({ settled, figure }: ShiftReport, lang: ReportLang): Tag[] {
  const words = REPORT_WORDS[lang]
  const tags: Tag[] = []
  if (!settled) tags.push({ text: words.open, form: 'dotted' })
  else if (settled.revision === 0) tags.push({ text: words.settled, form: 'plain' })
  else tags.push({ text: fillIn(words.settledRevised, { n: settled.revision }), form: 'plain' })
  if (figure.provisional !== 0) tags.push({ text: words.provisional, form: 'dotted' })
  if (figure.coverage !== null && figure.coverage < LOW_COVERAGE)
    tags.push({ text: fillIn(words.coverageTag, { n: percent(figure.coverage, 0) }), form: 'doubt' })
  return tags
}

/** u as it is shown: about right where too little was heard, `—` with its reason where there is none. */
function heroText({ figure }: ShiftReport): string {
  if (figure.u2 === null) return '—'
  const low = figure.coverage !== null && figure.coverage < LOW_COVERAGE
  return low ? `≈ ${grouped(figure.u2 / 100, 1)}` : u2(figure.u2)
}

function headsOf(report: ShiftReport, lang: ReportLang): Head[] {
  const words = REPORT_WORDS[lang]
  const { figure, target, name, by } = report
  const provisional = figure.provisional !== 0
  const aim =
    target === null ? words.noTarget : fillIn(words.shiftTarget, { name: name[lang], u: u2(target) })
  const off = figure.u2 === null || target === null ? null : figure.u2 - target
  return [
    {
      label: words.u,
      value: heroText(report),
      unit: figure.u2 === null ? STATUS_WORDS[lang][figure.status] : words.yuan,
      provisional,
      lines: [
        off === null ? aim : `${aim}${lang === 'zh' ? '，' : ', '}${u2(off, true)}`,
        ...(figure.u2 === null ? [fillIn(words.noOutputCost, { n: yuan(figure.cost) })] : []),
      ],
    },
    {
      label: words.value,
      value: yuan(figure.value),
      unit: words.yuan,
      provisional: false,
      lines: [
        fillIn(words.finished, { n: yuan(figure.finished) }),
        fillIn(words.wip, { n: yuan(figure.value - figure.finished) }),
      ],
    },
    {
      label: words.cost,
      value: yuan(figure.cost),
      unit: words.yuan,
      provisional,
      lines: [provisional ? fillIn(words.ofIt, { n: yuan(figure.provisional) }) : words.allFinal],
    },
    {
      label: fillIn(words.againstTarget, { name: name[lang] }),
      value: off === null ? words.dash : u2(off, true),
      unit: off === null ? '' : lang === 'zh' ? '元/百元' : 'per 100',
      provisional: false,
      lines: [
        figure.coverage === null ? words.noCoverage : fillIn(words.covered, { n: percent(figure.coverage) }),
        fillIn(words.shares, sharesOf(by)),
      ],
    },
  ]
}

function notesOf(report: ShiftReport, lang: ReportLang): Pair[] {
  const words = REPORT_WORDS[lang]
  const { figure, by, holes, trail, unknownMs } = report
  const reasonOf = (reason: string | null) =>
    reason === null ? '' : (REVISION_WORDS[lang][reason] ?? reason)
  const names = [...new Set(holes.map(({ element, of }) => `${element} ${of}`))]
  const later = trail.filter(({ revision }) => revision > 0)
  return [
    {
      label: words.coverage,
      text: figure.coverage === null ? words.noCoverage : `${percent(figure.coverage)} %`,
    },
    {
      label: words.unknown,
      text: unknownMs > 0 ? fillIn(words.unknownNote, { h: hours(unknownMs, 1) }) : words.none,
    },
    { label: words.source, text: fillIn(words.sourceNote, { ...sharesOf(by), yuan: yuan(by.estimated) }) },
    {
      label: words.provisionalShort,
      text:
        figure.provisional === 0
          ? words.none
          : fillIn(words.provisionalNote, { yuan: yuan(figure.provisional) }),
    },
    ...(names.length > 0
      ? [
          {
            label: words.missing,
            text:
              names.length === 1
                ? names[0]!
                : fillIn(words.missingMore, { first: names[0]!, n: names.length }),
          },
        ]
      : []),
    {
      label: words.revision,
      text:
        later.length === 0
          ? words.none
          : later
              .slice(-3)
              .map(({ revision, at, reason }) => `r${revision} ${moment(at).slice(5)} ${reasonOf(reason)}`)
              .join(lang === 'zh' ? '；' : '; '),
    },
  ]
}
