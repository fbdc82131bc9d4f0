/** Electricity, meters and compressed air. ILLUSTRATIVE, the tariff too: no official price. */
import type { KindId } from './machines.ts'

export type Period = 'sharp' | 'peak' | 'flat' | 'valley' | 'deep'
/** Yuan per kWh. */
export const PRICE: Readonly<Record<Period, number>> = {
  sharp: 1.2318,
  peak: 1.1267,
  flat: 0.6803,
  valley: 0.3652,
  deep: 0.2601,
}

/** Hours of the day and the period that begins there. `hot`: January, July, August, December. */
type Windows = readonly (readonly [hour: number, period: Period])[]
/** Laid over the windows of a deep-valley day. */
type Overlay = readonly (readonly [from: number, to: number, period: Period])[]
export type TariffName = 'w2024' | 'w2026'
export const HOT_MONTHS: readonly number[] = [1, 7, 8, 12]
export const TARIFFS: Readonly<
  Record<TariffName, { readonly hot: Windows; readonly other: Windows; readonly deep: Overlay }>
> = {
  w2026: {
    hot: [
      [0, 'valley'],
      [7, 'flat'],
      [11, 'valley'],
      [14, 'flat'],
      [16, 'peak'],
      [18, 'sharp'],
      [22, 'peak'],
      [23, 'flat'],
    ],
    other: [
      [0, 'valley'],
      [7, 'flat'],
      [11, 'valley'],
      [14, 'flat'],
      [16, 'peak'],
      [23, 'flat'],
    ],
    deep: [
      [0, 9, 'valley'],
      [9, 15, 'deep'],
    ],
  },
  w2024: {
    hot: [
      [0, 'valley'],
      [8, 'peak'],
      [9, 'sharp'],
      [11, 'valley'],
      [13, 'flat'],
      [15, 'sharp'],
      [17, 'peak'],
      [23, 'flat'],
    ],
    other: [
      [0, 'valley'],
      [8, 'peak'],
      [11, 'valley'],
      [13, 'peak'],
      [17, 'flat'],
    ],
    deep: [[10, 14, 'deep']],
  },
}

/** Yuan per kW of contract demand and month; the part above 105 % of the contract costs double. */
export const DEMAND = { price: 48, tolerance: 1.05, excessFactor: 2 } as const
/** Power factor 0.92: share of the bill, and kvarh per kWh. */
export const POWER_FACTOR = { adjustment: -0.003, kvarhPerKwh: 0.426 } as const
/** Transformer and line loss over everything that is metered below the main meter. */
export const LOSS = 0.012

export type LoadName = 'cooling' | 'moulding' | 'lighting' | 'ventilation' | 'office'
/** What stands below a meter: machines of a kind by their place in it (first and last), or a load that is no machine. */
export type Meter = {
  readonly id: string
  readonly zh: string
  readonly en: string
  readonly of:
    | { readonly all: true }
    | { readonly kind: KindId; readonly first: number; readonly last: number }
    | { readonly load: LoadName }
}
const machines = (kind: KindId, first: number, last: number) => ({ kind, first, last })

// prettier-ignore
export const METERS: readonly Meter[] = [
  { id: 'm00', zh: '总表', en: 'main incoming', of: { all: true } },
  { id: 'm01', zh: '中频炉', en: 'furnace', of: machines('FU', 0, 0) },
  { id: 'm02', zh: '炉冷却泵', en: 'furnace cooling', of: { load: 'cooling' } },
  { id: 'm03', zh: '抛丸', en: 'shot blast', of: machines('SB', 0, 0) },
  { id: 'm04', zh: '热处理', en: 'heat-treat oven', of: machines('HT', 0, 0) },
  { id: 'm05', zh: '车床 01-04', en: 'lathes 01-04', of: machines('LA', 0, 3) },
  { id: 'm06', zh: '车床 05-08', en: 'lathes 05-08', of: machines('LA', 4, 7) },
  { id: 'm07', zh: '车床 09-12', en: 'lathes 09-12', of: machines('LA', 8, 11) },
  { id: 'm08', zh: '车床 13-16', en: 'lathes 13-16', of: machines('LA', 12, 15) },
  { id: 'm09', zh: '加工中心 01-02', en: 'centres 01-02', of: machines('MC', 0, 1) },
  { id: 'm10', zh: '加工中心 03-04', en: 'centres 03-04', of: machines('MC', 2, 3) },
  { id: 'm11', zh: '加工中心 05-06', en: 'centres 05-06', of: machines('MC', 4, 5) },
  { id: 'm12', zh: '磨球 01-02', en: 'grinders 01-02', of: machines('GR', 0, 1) },
  { id: 'm13', zh: '磨球 03-04', en: 'grinders 03-04', of: machines('GR', 2, 3) },
  { id: 'm14', zh: '研磨', en: 'lapping', of: machines('LP', 0, 3) },
  { id: 'm15', zh: '装配', en: 'assembly', of: machines('AS', 0, 3) },
  { id: 'm16', zh: '试压', en: 'test benches', of: machines('TE', 0, 2) },
  { id: 'm17', zh: '涂装', en: 'paint line', of: machines('PA', 0, 0) },
  { id: 'm18', zh: '空压1', en: 'compressor 1, fixed speed', of: machines('CP', 0, 0) },
  { id: 'm19', zh: '空压2', en: 'compressor 2, variable speed', of: machines('CP', 1, 1) },
  { id: 'm20', zh: '造型行车', en: 'moulding, crane', of: { load: 'moulding' } },
  { id: 'm21', zh: '照明', en: 'lighting', of: { load: 'lighting' } },
  { id: 'm22', zh: '通风', en: 'ventilation', of: { load: 'ventilation' } },
  { id: 'm23', zh: '办公库房', en: 'office, stores, base', of: { load: 'office' } },
]

/** kW of the loads that are no machines: always, in the day shift (`net`: without breaks), in the night shift, from one hour to another. */
export const LOADS: Readonly<
  Record<
    LoadName,
    {
      readonly always?: number
      readonly day?: number
      readonly dayNet?: number
      readonly night?: number
      readonly span?: readonly [from: number, to: number, kw: number]
      /** More in both shifts of July and August. */
      readonly summer?: number
      readonly closed: number
    }
  >
> = {
  cooling: { span: [8, 14.5, 5], closed: 0 },
  moulding: { always: 0.5, dayNet: 4, closed: 0.5 },
  lighting: { day: 6, night: 4.2, closed: 0 },
  ventilation: { day: 3, night: 1.5, summer: 8, closed: 0 },
  office: { always: 2.5, day: 3.5, closed: 2.5 },
}

/** Compressed air: kWh of a Nm3/min during an hour, kW of an unloaded compressor, Nm3/min and kW of a full one. */
export const AIR = {
  kwhPerFlow: 6.5,
  unloadedKw: 12,
  fullFlow: 5.6,
  fullKw: 36.5,
  /** Warm intake air in July and August; the other months make up for it. */
  summer: 1.03,
  notSummer: 0.9942,
  /** Yuan per Nm3 of oil, filters, water. */
  consumables: 0.012,
} as const
