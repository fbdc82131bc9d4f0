/** Tables of the shift report as texts: lines against target, OEE by kind, output, electricity, stops. */
import type { ShiftReport } from './report.ts'
import { clock, fillIn, grouped, hours, lasted, percent, pieces, u2, yuan } from './reportNumbers.ts'
import type { Cell, ReportTable, Row } from './reportParts.ts'
import { KPI_WORDS, PERIOD_WORDS, REPORT_WORDS, STOP_WORDS, type ReportLang } from './reportWords.ts'
import { LINE_WORDS, LOSS_WORDS } from './words.ts'

const cell = (text: string, form?: Cell['form']): Cell => (form ? { text, form } : { text })
const NONE = '—'

export function linesTable(report: ShiftReport, lang: ReportLang): ReportTable {
  const words = REPORT_WORDS[lang]
  const { lines, figure, target } = report
  const offs = lines.map((line) => (line.u2 === null || line.target === null ? null : line.u2 - line.target))
  const most = Math.max(1, ...offs.map((off) => Math.abs(off ?? 0)))
  const rows: Row[] = lines.map((line, i) => ({
    cells: [
      cell(LINE_WORDS[lang][line.line]),
      cell(yuan(line.cost)),
      cell(line.u2 === null ? NONE : u2(line.u2), line.provisional === 0 ? 'strong' : 'dotted'),
      cell(line.target === null ? NONE : u2(line.target), 'soft'),
      cell(offs[i] === null ? NONE : u2(offs[i]!, true)),
      cell(''),
    ],
    bar: offs[i] === null ? null : offs[i]! / most,
  }))
  rows.push({
    cells: [
      cell(words.total),
      cell(yuan(figure.cost)),
      cell(figure.u2 === null ? NONE : u2(figure.u2)),
      cell(target === null ? NONE : u2(target)),
      cell(figure.u2 === null || target === null ? NONE : u2(figure.u2 - target, true)),
      cell(''),
    ],
    strong: true,
  })
  return {
    id: 'lines',
    title: words.lines,
    note: words.perHundred,
    columns: [
      { label: words.line, width: 25 },
      { label: words.yuan, width: 19, right: true },
      { label: words.actual, width: 13, right: true },
      { label: words.target, width: 14, right: true },
      { label: words.difference, width: 12, right: true },
      { label: words.fallRise, width: 17, bar: 'change' },
    ],
    rows,
    foot: [],
  }
}

export function kindsTable({ kinds }: ShiftReport, lang: ReportLang): ReportTable {
  const words = REPORT_WORDS[lang]
  return {
    id: 'kinds',
    title: words.oee,
    note: words.oeeNote,
    columns: [
      { label: words.machine, width: 25 },
      { label: words.count, width: 6, right: true },
      { label: words.pbt, width: 12, right: true },
      { label: words.a, width: 14, right: true },
      { label: words.e, width: 13, right: true },
      { label: words.q, width: 13, right: true },
      { label: words.oeeShort, width: 10, right: true },
      { label: '', width: 9, bar: 'share' },
    ],
    rows: kinds.map((kind) => ({
      cells: [
        cell(kind.title[lang]),
        cell(grouped(kind.machines)),
        cell(hours(kind.pbt, 2)),
        cell(percent(kind.availability)),
        cell(percent(kind.effectiveness)),
        cell(percent(kind.quality)),
        cell(percent(kind.oee), 'strong'),
        cell(''),
      ],
      bar: kind.oee,
    })),
    foot: kinds.flatMap(({ title, reason }) =>
      reason === null
        ? []
        : [fillIn(words.noKpi, { kind: title[lang], reason: KPI_WORDS[lang][reason] ?? reason })],
    ),
  }
}

/** Machines named beside the scrap of all of them. */
const NAMED = 4

export function outputTable(report: ShiftReport, lang: ReportLang): ReportTable {
  const words = REPORT_WORDS[lang]
  const { products, figure, inspected, passed, scrap, parts } = report
  const goods = products.map(({ good }) => good)
  const allGood = goods.every((good) => good !== null) ? goods.reduce((sum, good) => sum + good, 0) : null
  const rest = figure.value - products.reduce((sum, { value }) => sum + value, 0)
  const rows: Row[] = products.map(({ product, title, good, finished, value }) => ({
    cells: [
      cell(title?.[lang] ?? product),
      cell(good === null ? NONE : pieces(good), 'strong'),
      cell(yuan(finished)),
      cell(yuan(value)),
    ],
  }))
  if (rest !== 0)
    rows.push({ cells: [cell(words.others.replace(' {n}', '')), cell(''), cell(''), cell(yuan(rest))] })
  rows.push({
    cells: [
      cell(words.total),
      cell(allGood === null ? NONE : pieces(allGood)),
      cell(yuan(figure.finished)),
      cell(yuan(figure.value)),
    ],
    strong: true,
  })
  const named = scrap.slice(0, NAMED)
  const others = parts.scrap - named.reduce((sum, { milli }) => sum + milli, 0)
  const list = [
    ...named.map(({ machine, title, milli }) => `${title?.[lang] ?? machine} ${pieces(milli)}`),
    ...(others > 0 ? [fillIn(words.others, { n: pieces(others) })] : []),
  ].join(lang === 'zh' ? '，' : ', ')
  return {
    id: 'output',
    title: words.output,
    note: words.outputNote,
    columns: [
      { label: words.product, width: 37 },
      { label: words.good, width: 13, right: true },
      { label: words.finishedYuan, width: 25, right: true },
      { label: words.valueYuan, width: 25, right: true },
    ],
    rows,
    foot: [
      ...(products.length === 0 ? [words.noProduct] : []),
      ...(inspected > 0
        ? [fillIn(words.firstTests, { n: pieces(inspected), f: pieces(inspected - passed) })]
        : []),
      parts.scrap > 0 ? fillIn(words.scrapped, { n: pieces(parts.scrap), list }) : words.noScrap,
    ],
  }
}

const kw = (watts: number): string => grouped(watts / 1000)

export function energyTable({ energy }: ShiftReport, lang: ReportLang): ReportTable {
  const words = REPORT_WORDS[lang]
  const rows: Row[] = energy.periods.map(({ period, wh, price, cost }) => ({
    cells: [
      cell(PERIOD_WORDS[lang][period]),
      cell(grouped(wh / 1000, 2)),
      cell(price === null ? NONE : grouped(price / 1_000_000, 4), 'soft'),
      cell(cost === null ? NONE : yuan(cost)),
    ],
  }))
  const plain = (name: string, note: string, fen: number, form?: Cell['form']): Row => ({
    cells: [cell(note ? `${name} ${note}` : name), cell(''), cell(''), cell(yuan(fen), form)],
  })
  const contract = energy.contractW === null ? '' : fillIn(words.demandNote, { kw: kw(energy.contractW) })
  rows.push(plain(words.demand, contract, energy.demand, 'dotted'))
  rows.push(plain(words.powerFactor, '', energy.powerFactor, 'dotted'))
  if (energy.other !== 0) rows.push(plain(words.otherPower, '', energy.other))
  rows.push({
    cells: [cell(words.powerLine), cell(grouped(energy.wh / 1000, 2)), cell(''), cell(yuan(energy.line))],
    strong: true,
  })
  const peaks = [
    ...(energy.peakW === null ? [] : [fillIn(words.peak, { kw: kw(energy.peakW) })]),
    ...(energy.monthPeakW === null ? [] : [fillIn(words.monthPeak, { kw: kw(energy.monthPeakW) })]),
  ]
  return {
    id: 'energy',
    title: words.energy,
    note: words.energyNote,
    columns: [
      { label: words.period, width: 37 },
      { label: 'kWh', width: 21, right: true },
      { label: lang === 'zh' ? '元/kWh' : '¥/kWh', width: 19, right: true },
      { label: words.yuan, width: 23, right: true },
    ],
    rows,
    foot: peaks.length > 0 ? [peaks.join(lang === 'zh' ? '，' : ', ')] : [],
  }
}

export function stopsTable(report: ShiftReport, lang: ReportLang): ReportTable {
  const words = REPORT_WORDS[lang]
  const { stops, stopTotal, otherLosses, lossTotal, figure } = report
  const others = otherLosses.map(({ kind, cost }) => `${LOSS_WORDS[lang][kind]} ${yuan(cost)}`)
  const word = (code: string) => STOP_WORDS[lang][code] ?? code
  const share = figure.value > 0 ? Math.round((stopTotal * 10_000) / figure.value) : null
  const note =
    share === null
      ? fillIn(words.stopsNoteNoU, { yuan: yuan(stopTotal) })
      : fillIn(words.stopsNote, { yuan: yuan(stopTotal), u: u2(share) })
  return {
    id: 'stops',
    title: words.stops,
    note: stops.length === 0 ? '' : note,
    columns: [
      { label: words.machine, width: 22 },
      { label: words.when, width: 16 },
      { label: words.lasted, width: 16 },
      { label: words.why, width: 32 },
      { label: words.yuan, width: 14, right: true },
    ],
    rows: stops.map(({ machine, machineTitle, from, to, ms, state, reason, reasonTitle, cost }) => ({
      cells: [
        cell(machineTitle?.[lang] ?? machine, 'strong'),
        cell(`${clock(from)}–${clock(to)}`),
        cell(lasted(ms, lang)),
        cell(
          `${word(state ?? 'STOP')}${lang === 'zh' ? '：' : ': '}${
            reasonTitle?.[lang] ?? (reason === null ? words.noReason : word(reason))
          }`,
        ),
        cell(yuan(cost), 'strong'),
      ],
    })),
    foot: [
      ...(stops.length === 0 ? [words.noStops] : []),
      ...(others.length === 0
        ? []
        : [
            fillIn(words.losses, {
              list: others.join(lang === 'zh' ? '，' : ', '),
              yuan: yuan(lossTotal),
            }),
          ]),
    ],
  }
}
