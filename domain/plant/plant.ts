/**
 * What a plant is: the ISA-95 hierarchy firm / site / area / line / machine, what each machine measures, and who may
 * speak for it. It is data (plants/<firm>/plant.yaml), checked by contract/plant.ts and journalled as `plant.put`.
 */

/** A name in the page's two languages. */
export type Title = { readonly zh: string; readonly en: string }

/** `telemetry` feeds trends and alarms and never a yuan; `count` is a cumulative register and is evidence. */
export type MeasureClass = 'telemetry' | 'count'

export type Measure = {
  readonly name: string
  readonly class: MeasureClass
  readonly title: Title
  /** UCUM-like unit as shown: kW, °C, kWh, 1 (pieces). */
  readonly unit: string
  /** Steps per unit: resolution 0.01 has scale 100. */
  readonly scale: number
  /** Closed range in the unit; a value outside goes to quarantine as `out_of_range`. Null: unbounded. */
  readonly min: number | null
  readonly max: number | null
  readonly periodMs: number
  /** No new value for this long: stale. Default max(3 periods, 60 s). */
  readonly staleMs: number
  /** A counter that reaches this value (in steps) starts again at 0. Null: it never rolls over. */
  readonly rollover: number | null
  /** A limit line for the page; alarm rules are their own records. */
  readonly limit: number | null
  /** Samples with one value, while the machine runs, after which it is flagged `stuck`; 0: it may stand still. Default: 60 for kW, else 0. */
  readonly stuckAfter?: number
  /** What still counts as one value, in the unit. Default 0: exactly the same. */
  readonly stuckWithin?: number
  /** Furthest move from one sample to the next, in the unit; beyond it: `jump`. Default: half the range of a temperature, else none. */
  readonly maxStep?: number
  /** Fastest growth of a register, in units an hour; beyond it: `implausible`. Default: 1.5 x ratedKw of a kWh register, else none. */
  readonly maxPerHour?: number
}

export const MACHINE_STATES = ['RUN', 'SETUP', 'IDLE', 'STOP', 'FAULT', 'OFF'] as const
/** What a device can say. */
export type MachineState = (typeof MACHINE_STATES)[number]
/** What can be shown: no message for too long is its own state and is never counted as running. */
export type ShownState = MachineState | 'UNKNOWN'

export type Machine = {
  /** `site/area/line/machine`, unique in the firm. */
  readonly path: string
  readonly kind: string
  readonly title: Title
  /** A short label for a tile: `07`, `中频炉`. */
  readonly label: Title
  /** A meter measures and has no states: no tile on the wall, no OEE. */
  readonly meter?: boolean
  /** Heading under which the wall shows it. */
  readonly group: string
  readonly ratedKw: number | null
  readonly statePeriodMs: number
  /** No state message for this long: UNKNOWN. Default max(3 periods, 2 min). */
  readonly stateStaleMs: number
  readonly measures: readonly Measure[]
}

export type Group = { readonly id: string; readonly title: Title }

/** A device or gateway by name, and the machines it may speak for. Secrets are never in a plant. */
export type Credential = { readonly name: string; readonly machines: readonly string[] }

/** Minutes after midnight, Asia/Shanghai; `end` may pass 1440, and a break after midnight counts on from 1440. */
export type Shift = {
  readonly name: Title
  readonly start: number
  readonly end: number
  /** Planned breaks inside the shift, in order. */
  readonly breaks?: readonly { readonly start: number; readonly end: number }[]
}

/**
 * What a stop is, by the terms of ISO 22400-2: a delay nobody planned, setting up, planned downtime, or none of them. It says nothing of
 * planned time: that goes by calendar and work orders (accounting.md 12).
 */
export const STOP_GROUPS = ['delay', 'setup', 'planned', 'other'] as const
export type StopGroup = (typeof STOP_GROUPS)[number]

export type StopReason = { readonly code: string; readonly title: Title; readonly group: StopGroup }

export const SIMULATIONS = ['works', 'shop'] as const
export type Simulation = (typeof SIMULATIONS)[number]

export type Plant = {
  readonly firm: string
  readonly title: Title
  /** Shown as 仿真 on every page that holds one of its values. */
  readonly simulated: boolean
  /** What lives behind it: the valve works (its machines go by the works' names), or a shop of machines each with its own orders (default). */
  readonly simulation?: Simulation
  readonly shifts: readonly Shift[]
  /** Why machines stand, in the order in which they are offered. Left out: domain/plant/stopReasons.ts. */
  readonly stopReasons?: readonly StopReason[]
  /** Day of the month, 1 to 28, on which the month before it is closed by itself. Left out: a person closes it. */
  readonly closeMonthDay?: number
  readonly groups: readonly Group[]
  readonly machines: readonly Machine[]
  readonly credentials: readonly Credential[]
}
