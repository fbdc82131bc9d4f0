/**
 * What a device message carries, after decoding. These unions repeat contract/topics.ts and contract/dispositions.ts, because the
 * domain imports nothing; test/unit/telemetry.test.ts holds the two to each other.
 */
import type { MachineState } from '#domain/plant/plant.ts'
import type { Instant } from '#domain/time.ts'

export type TelemetryClass = 'telemetry' | 'count' | 'state' | 'event'

export type FaultReason =
  | 'bad_json'
  | 'bad_shape'
  | 'bad_value'
  | 'unknown_topic'
  | 'unknown_machine'
  | 'unknown_measure'
  | 'unknown_event'
  | 'wrong_class'
  | 'out_of_range'
  | 'ts_impossible'
  | 'ts_in_future'
  | 'conflict'
  | 'store_refused'
  | 'handler_failed'

/** Why an item is put aside: a named reason, and in words what exactly is wrong. */
export type Fault = { readonly reason: FaultReason; readonly detail: string }

/** One item, as JSON.parse left it and the checks found it good. Fields by class; others are ignored. */
export type Item = {
  readonly ts: Instant
  readonly seq?: number
  readonly v?: Readonly<Record<string, number | null>>
  readonly q?: Readonly<Record<string, string>>
  readonly state?: MachineState
  readonly reason?: string
  readonly order?: string
  readonly product?: string
  readonly operation?: string
  /** Of a state: repeated without a silence up to here. */
  readonly until?: Instant
  readonly type?: string
  readonly [field: string]: unknown
}

/** Marks on a stored item, in the order of contract/dispositions.ts FLAGS; a set of them is a bit mask. */
export const FLAG_NAMES = [
  'late',
  'out_of_order',
  'skew',
  'no_seq',
  'reset',
  'rollover',
  'swap',
  'gap_before',
  'stuck',
  'jump',
  'implausible',
] as const
export type FlagName = (typeof FLAG_NAMES)[number]

export const LATE = 1
export const OUT_OF_ORDER = 2
export const SKEW = 4
export const NO_SEQ = 8
export const RESET = 16
export const ROLLOVER = 32
export const SWAP = 64
export const GAP_BEFORE = 128
export const STUCK = 256
export const JUMP = 512
export const IMPLAUSIBLE = 1024
/** What makes a value doubtful, not its message. */
export const DOUBTS = STUCK | JUMP | IMPLAUSIBLE

/** The names in a mask. */
export const flagNames = (mask: number): FlagName[] => FLAG_NAMES.filter((_, bit) => mask & (1 << bit))
