/** What truly happened on one production day: states, pieces, energy, events, people. Made by day.ts, read by everything else. */
import type { MachineState as StateName } from '#domain/plant/plant.ts'
import type { Instant } from '#domain/time.ts'
import type { Span } from './calendar.ts'
import type { MachineId } from './data/machines.ts'
import type { LoadName } from './data/energy.ts'
import type { Parameters } from './data/retrofit.ts'
import type { ProcessFault } from './processFaults.ts'

export type WorksSegment = {
  readonly from: Instant
  readonly to: Instant
  readonly state: StateName
  readonly reason: string | null
  readonly order: string | null
  readonly product: string | null
  /** Code of the operation: `body.la-30`. */
  readonly operation: string | null
}

/** Pieces that left an operation at an instant; a normal machine makes one record a cycle. */
export type Made = {
  readonly from: Instant
  readonly at: Instant
  readonly op: number
  readonly order: string
  readonly good: number
  readonly scrap: number
  readonly rework: number
  /** Of these, how many came to the operation for the first time: where material enters, it enters with them. */
  readonly entered: number
}

/** Power that holds from an instant on, watts; energy at `from` in Wh since the day began. */
export type PowerPiece = { readonly from: Instant; readonly watts: number; readonly wh: number }

/** A failure or planned maintenance that ended. */
export type Maintenance = {
  readonly from: Instant
  readonly at: Instant
  readonly kind: 'corrective' | 'preventive'
  readonly order: string
  readonly hours: number
  /** Micro-yuan. */
  readonly parts: number
}

/** Cycles since a tool was new and the cycle at which it is due: in the morning, and after every change. */
export type ToolDay = {
  readonly type: string
  readonly usedAtStart: number
  readonly dueAtStart: number
  readonly changes: readonly { readonly at: Instant; readonly due: number }[]
}

export type MachineDay = {
  readonly machine: MachineId
  /** Planned busy time: inside a shift, no break, no planned maintenance. */
  readonly planned: readonly Span[]
  /** Hours charged: planned time and planned maintenance. */
  readonly scheduled: readonly Span[]
  /** Fill the day without hole or overlap. */
  readonly segments: readonly WorksSegment[]
  readonly made: readonly Made[]
  readonly power: readonly PowerPiece[]
  readonly maintenance: readonly Maintenance[]
  readonly tools: readonly ToolDay[]
}

export type WorksEvent = {
  readonly at: Instant
  readonly machine: string
  readonly body: Readonly<Record<string, unknown> & { type: string }>
}

/** Outside work that came back. */
export type Receipt = {
  readonly at: Instant
  readonly op: number
  readonly order: string
  readonly qty: number
}

export type Worker = {
  readonly worker: string
  readonly role: string
  readonly from: Instant
  readonly to: Instant
  readonly machines: readonly string[]
  /** Micro-yuan for the shift, and how it divides over kinds. */
  readonly pay: number
}

/** A flow that is constant from an instant on (Nm3/min, Nm3/h …); `sum`: what flowed since the day began. */
export type FlowPiece = { readonly from: Instant; readonly rate: number; readonly sum: number }

export type DayTruth = {
  readonly date: string
  readonly from: Instant
  readonly to: Instant
  readonly open: boolean
  readonly seed: number
  readonly parameters: Parameters
  readonly faults: readonly ProcessFault[]
  readonly machines: Readonly<Record<string, MachineDay>>
  readonly loads: Readonly<Record<LoadName, readonly PowerPiece[]>>
  readonly receipts: readonly Receipt[]
  readonly events: readonly WorksEvent[]
  readonly workers: readonly Worker[]
  readonly overtimeHours: number
  /** Compressed air: Nm3/min at the compressors. Gas: Nm3/h of the paint line, and of the whole works. */
  readonly air: readonly FlowPiece[]
  readonly paintGas: readonly FlowPiece[]
  readonly gas: readonly FlowPiece[]
  readonly water: readonly FlowPiece[]
  readonly nitrogen: readonly FlowPiece[]
  /** °C outside, coldest and warmest of the day. */
  readonly weather: { readonly low: number; readonly high: number }
  /** Registers at the day's start, by machine or meter. */
  readonly registers: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** Highest quarter-hour of the main meter in the month so far, W: before and after this day. */
  readonly peak: { readonly before: number; readonly after: number }
}
