/**
 * What travels through the faults of one machine, and what they remember. All of it is plain JSON: it is stored with the outbox, so that
 * a fault goes on after a restart as if there had been none. A fault may change only what it is handed here, and draws its chance from
 * its own mind: the same seed gives the same bytes, and a fault more moves no other.
 */
import type { Machine } from '#domain/plant/plant.ts'
import type { Instant, Millis } from '#domain/time.ts'
import type { DeviceClass } from '#contract/topics.ts'
import { draw, seedOf, type Chance } from '../random.ts'
import type { Fault, FaultName } from './catalogue.ts'

/** What a fault did to an item, and the counters of the product that must show it. */
export type Mark = { readonly what: FaultName; readonly counters: readonly string[]; readonly n: number }

/** An item on its way. `boot` and `seq` are given when it is sealed. */
export type Parcel = {
  readonly class: DeviceClass
  ts: Instant
  readonly qos: 0 | 1
  body: Record<string, unknown>
  /** How far the device's clock is ahead of ours. */
  skew: Millis
  readonly marks: Mark[]
  boot: string
  seq: number
  /** Bytes as base64 instead of the item; null: the item itself. */
  raw: string | null
  /** The product cannot take it for an item: it never counts as received. */
  broken: boolean
  /** The product puts it aside for a value out of range; its key counts as received. */
  refused: boolean
  lost: FaultName | null
  copy: boolean
}

export type Held = { readonly due: Instant; readonly parcel: Parcel }

/** A register as its meter shows it, in steps. */
export type Meter = {
  /** The true register when it was last told. */
  truth: number
  shown: number
  /** It starts again at 0 here; null: never. */
  end: number | null
  /** What made it differ from the plain register. */
  cause: FaultName
}

/** What has left of one class and boot. */
export type Passed = { first: number; newest: number; missing: { seq: number; what: FaultName }[] }

/** Memory of one fault on one machine or device. */
export type Mind = Chance & {
  /** Its next occurrence is not before this; the present one holds until. */
  next: Instant
  until: Instant
  [more: string]: unknown
}

export type StreamState = {
  /** By fault id. */
  minds: Record<string, Mind>
  meters: Record<string, Meter>
  held: Held[]
  /** By `class boot`. */
  passed: Record<string, Passed>
  /** Newest state that the machine itself told. */
  state: string | null
  stateReason: string | null
}

export const newStream = (): StreamState => ({
  minds: {},
  meters: {},
  held: [],
  passed: {},
  state: null,
  stateReason: null,
})

/** A fault at work on a machine. */
export type Hand = {
  readonly fault: Fault
  readonly mind: Mind
  readonly machine: Machine
  readonly stream: StreamState
}

/** An occurrence that will not come: the end of dates. */
export const NEVER = 8_640_000_000_000_000

/** What comes behind the firm that a name begins with: `demo-a/s/a/l/m`, `demo-a.f1`. */
const inFirm = (name: string, mark: '/' | '.'): string => name.slice(name.indexOf(mark) + 1)

/**
 * The memory of a fault about one subject (`firm/path`, `firm/name`), begun when it is first needed. Its chance knows no firm: another firm
 * with the same plant, scenario and seed has the same.
 */
export const mindOf = (minds: Record<string, Mind>, { id, name, seed }: Fault, subject: string): Mind =>
  (minds[id] ??= {
    rng: seedOf(seed, `${name}/${inFirm(id, '.')}/${inFirm(subject, '/')}`),
    next: -NEVER,
    until: -NEVER,
  })

export const numberOf = ({ params }: Fault, name: string): number => params[name] as number

/** Whether an occurrence begins at `at`: the first chance at once, the next ones each `every_s`; 0: only once. */
export function occurs(fault: Fault, mind: Mind, at: Instant): boolean {
  if (at < mind.next) return false
  const every = numberOf(fault, 'every_s')
  mind.next = every > 0 ? at + every * 1000 : NEVER
  return draw(mind) < fault.probability
}

export const happens = ({ fault, mind }: Hand): boolean => draw(mind) < fault.probability

/** Whether a fault that comes and lasts holds at `at`. */
export function lasting({ fault, mind }: Hand, at: Instant): boolean {
  if (at < mind.until) return true
  if (!occurs(fault, mind, at)) return false
  mind.until = at + numberOf(fault, 'lasts_s') * 1000
  return true
}

export const mark = (hand: Hand, counters: readonly string[] = [], n = 1): Mark => ({
  what: hand.fault.name,
  counters,
  n,
})

export const valuesOf = (parcel: Parcel): Record<string, number | null> =>
  parcel.body['v'] as Record<string, number | null>
