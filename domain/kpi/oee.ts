/**
 * The KPIs of ISO 22400-2:2014 that a machine's panes give, one entry each: name, formula's version, clause, and a function over
 * summed totals. A KPI that cannot be told is null with a reason, never 0 and never infinite. Adding one is one entry.
 */
import type { Title } from '#domain/plant/plant.ts'
import { HOUR } from '#domain/time.ts'
import { addTotals, type Totals } from './totals.ts'

export type NoFigure =
  /** No planned busy time. */
  | 'NOT_PLANNED'
  | 'NO_PRODUCTION_TIME'
  | 'NO_PIECES'
  /** Nothing has told the pieces of a machine in it: unknown, not 0. */
  | 'NOT_COUNTED'
  /** A product or operation in it has no standard time. */
  | 'NO_STANDARD'
  | 'NO_INSPECTION'
  | 'NO_ORDER'
  | 'NO_MAINTENANCE'
  /** Fewer than two failures: no time between them. */
  | 'NO_INTERVAL'
  | 'NO_REPAIR'
  | 'NO_TIME'

export type Figure =
  { readonly value: number; readonly reason: null } | { readonly value: null; readonly reason: NoFigure }

export type Kpi = {
  readonly name: string
  readonly title: Title
  /** `1`: a ratio, shown in percent or not. */
  readonly unit: '1' | 'h' | 'kWh'
  readonly version: number
  readonly clause: string
  readonly of: (totals: Totals) => Figure
}

const none = (reason: NoFigure): Figure => ({ value: null, reason })
const ratio = (part: number, whole: number, reason: NoFigure): Figure =>
  whole > 0 ? { value: part / whole, reason: null } : none(reason)

/** PQ: produced pieces, thousandths. */
const produced = ({ good, scrap, rework }: Totals): number => good + scrap + rework
/** AUPT: actual unit processing time. */
const aupt = ({ apt, aust }: Totals): number => apt + aust
/** AUBT: actual unit busy time. */
const aubt = (totals: Totals): number => aupt(totals) + totals.adet

/** Are there pieces of which neither a register nor an event tells? While orders still run, until the first of them has told its own. */
const notCounted = ({ uncounted, awaited, told }: Totals): boolean =>
  uncounted > 0 || (awaited > 0 && told === 0)

/** Why standard times tell nothing of these totals, or null. */
const withoutStandard = (totals: Totals): NoFigure | null =>
  notCounted(totals) ? 'NOT_COUNTED' : totals.withoutStandard > 0 ? 'NO_STANDARD' : null

const pieces = (part: number, totals: Totals): Figure =>
  notCounted(totals) ? none('NOT_COUNTED') : ratio(part, produced(totals), 'NO_PIECES')

/** Σ PRU·GQ over a time: good standard time is in thousandths of ms, times are in ms. */
function goodStandard(totals: Totals, factor: number, whole: number, empty: NoFigure): Figure {
  const lacking = withoutStandard(totals)
  if (totals.pbt === 0) return none('NOT_PLANNED')
  return lacking ? none(lacking) : ratio((totals.standardGood / 1000) * factor, whole, empty)
}

export const KPIS: readonly Kpi[] = [
  {
    name: 'availability',
    title: { zh: '可用率', en: 'Availability' },
    unit: '1',
    version: 1,
    clause: 'ISO 22400-2 availability: APT / PBT',
    of: ({ apt, pbt }) => ratio(apt, pbt, 'NOT_PLANNED'),
  },
  {
    name: 'effectiveness',
    title: { zh: '性能率', en: 'Effectiveness' },
    unit: '1',
    version: 1,
    clause: 'ISO 22400-2 effectiveness: Σ PRU·PQ / APT',
    of: (totals) => {
      const lacking = withoutStandard(totals)
      return lacking ? none(lacking) : ratio(totals.standard / 1000, totals.apt, 'NO_PRODUCTION_TIME')
    },
  },
  {
    name: 'quality_ratio',
    title: { zh: '合格率', en: 'Quality ratio' },
    unit: '1',
    version: 1,
    clause: 'ISO 22400-2 quality ratio: GQ / PQ',
    of: (totals) => pieces(totals.good, totals),
  },
  {
    name: 'oee',
    title: { zh: '设备综合效率', en: 'OEE index' },
    unit: '1',
    version: 1,
    // A·E·Q of one product; of several, good pieces weigh by their standard time, so that machines and products add up
    clause: 'ISO 22400-2 OEE index: A·E·Q = Σ PRU·GQ / PBT',
    of: (totals) => goodStandard(totals, 1, totals.pbt, 'NOT_PLANNED'),
  },
  {
    name: 'nee',
    title: { zh: '设备净效率', en: 'NEE index' },
    unit: '1',
    version: 1,
    clause: 'ISO 22400-2 NEE index: (AUPT / PBT)·E·Q, set-up is no loss',
    of: (totals) =>
      goodStandard(totals, aupt(totals) / Math.max(1, totals.pbt), totals.apt, 'NO_PRODUCTION_TIME'),
  },
  {
    name: 'teep',
    title: { zh: '完全有效生产率', en: 'TEEP' },
    unit: '1',
    version: 1,
    clause: 'OEE × PBT / calendar time; not in ISO 22400',
    of: (totals) => {
      const lacking = withoutStandard(totals)
      return lacking ? none(lacking) : ratio(totals.standardGood / 1000, totals.calendar, 'NO_TIME')
    },
  },
  {
    name: 'scrap_ratio',
    title: { zh: '废品率', en: 'Scrap ratio' },
    unit: '1',
    version: 1,
    clause: 'ISO 22400-2 scrap ratio: SQ / PQ',
    of: (totals) => pieces(totals.scrap, totals),
  },
  {
    name: 'rework_ratio',
    title: { zh: '返工率', en: 'Rework ratio' },
    unit: '1',
    version: 1,
    clause: 'ISO 22400-2 rework ratio: RQ / PQ',
    of: (totals) => pieces(totals.rework, totals),
  },
  {
    name: 'first_pass_yield',
    title: { zh: '一次合格率', en: 'First pass yield' },
    unit: '1',
    version: 1,
    clause: 'ISO 22400-2 first pass yield: GP / IP, each serial at its first inspection',
    of: ({ passed, inspected }) => ratio(passed, inspected, 'NO_INSPECTION'),
  },
  {
    name: 'utilization_efficiency',
    title: { zh: '利用效率', en: 'Utilization efficiency' },
    unit: '1',
    version: 1,
    clause: 'ISO 22400-2 utilization efficiency: APT / AUBT',
    of: (totals) => ratio(totals.apt, aubt(totals), 'NO_PRODUCTION_TIME'),
  },
  {
    name: 'technical_efficiency',
    title: { zh: '技术效率', en: 'Technical efficiency' },
    unit: '1',
    version: 1,
    clause: 'ISO 22400-2 technical efficiency: APT / (APT + ADET)',
    of: ({ apt, adet }) => ratio(apt, apt + adet, 'NO_PRODUCTION_TIME'),
  },
  {
    name: 'setup_ratio',
    title: { zh: '准备时间比', en: 'Setup ratio' },
    unit: '1',
    version: 1,
    clause: 'ISO 22400-2 setup ratio: AUST / AUPT',
    of: (totals) => ratio(totals.aust, aupt(totals), 'NO_PRODUCTION_TIME'),
  },
  {
    name: 'allocation_ratio',
    title: { zh: '占用率', en: 'Allocation ratio' },
    unit: '1',
    version: 1,
    clause: 'ISO 22400-2 allocation ratio: AUBT / AOET',
    of: (totals) => ratio(aubt(totals), totals.aoet, 'NO_ORDER'),
  },
  {
    name: 'production_process_ratio',
    title: { zh: '加工时间比', en: 'Production process ratio' },
    unit: '1',
    version: 1,
    clause: 'ISO 22400-2 production process ratio: APT / AOET',
    of: (totals) => ratio(totals.apt, totals.aoet, 'NO_ORDER'),
  },
  {
    name: 'corrective_maintenance_ratio',
    title: { zh: '事后维修比', en: 'Corrective maintenance ratio' },
    unit: '1',
    version: 1,
    clause: 'ISO 22400-2 corrective maintenance ratio: CMT / (CMT + PMT)',
    of: ({ corrective, preventive }) => ratio(corrective, corrective + preventive, 'NO_MAINTENANCE'),
  },
  {
    name: 'mtbf',
    title: { zh: '平均故障间隔', en: 'Mean operating time between failures' },
    unit: 'h',
    version: 1,
    clause: 'ISO 22400-2 MTBF: mean of completed TBF, production and set-up without delays',
    of: ({ tbf, tbfCount }) => ratio(tbf / HOUR, tbfCount, 'NO_INTERVAL'),
  },
  {
    name: 'mttr',
    title: { zh: '平均修复时间', en: 'Mean time to restoration' },
    unit: 'h',
    version: 1,
    clause: 'ISO 22400-2 MTTR: mean of completed TTR',
    of: ({ ttr, ttrCount }) => ratio(ttr / HOUR, ttrCount, 'NO_REPAIR'),
  },
  {
    name: 'energy_per_piece',
    title: { zh: '单件能耗', en: 'Energy per piece' },
    unit: 'kWh',
    version: 1,
    // Wh over thousandths of a piece is kWh over pieces
    clause: 'ISO 22400-2 comprehensive energy consumption: energy / PQ',
    of: (totals) => pieces(totals.energyWh, totals),
  },
  {
    name: 'energy_per_good_piece',
    title: { zh: '单件合格品能耗', en: 'Energy per good piece' },
    unit: 'kWh',
    version: 1,
    clause: 'ISO 22400-2 comprehensive energy consumption over GQ',
    of: (totals) =>
      notCounted(totals) ? none('NOT_COUNTED') : ratio(totals.energyWh, totals.good, 'NO_PIECES'),
  },
  {
    name: 'coverage',
    title: { zh: '数据覆盖率', en: 'Coverage' },
    unit: '1',
    version: 1,
    clause: 'time with evidence / calendar time',
    of: ({ covered, calendar }) => ratio(covered, calendar, 'NO_TIME'),
  },
]

export type MasterDataWarning = {
  readonly reason: 'STANDARD_TIME_TOO_LONG'
  /** Standard time of what was made, and the time there was for it, ms. */
  readonly standard: number
  readonly available: number
}

/**
 * What figures say of the master data. E above 1 is shown as it is; it means that a standard time is too long, unless time that was not
 * planned, or of which nothing is known, can explain it.
 */
export function warningsOf(totals: Totals): MasterDataWarning[] {
  const { standard, apt, aust, run, unknown } = totals
  const [needed, available] = [standard / 1000, Math.max(apt, run - aust) + unknown]
  return needed > available ? [{ reason: 'STANDARD_TIME_TOO_LONG', standard: needed, available }] : []
}

/**
 * The same of days of one machine that follow each other. Where pieces are told when their order ends, those told on the first day may
 * have been made before it: they are left out, its time is not.
 */
export function warningsOfDays([first, ...days]: readonly Totals[]): MasterDataWarning[] {
  if (!first) return []
  const isTold = [first, ...days].some(({ awaited, told }) => awaited > 0 || told > 0)
  return warningsOf(addTotals([isTold ? { ...first, standard: 0 } : first, ...days]))
}
