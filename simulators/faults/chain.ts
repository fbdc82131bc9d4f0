/**
 * The order in which faults act on what a machine says, from the sensor to the outbox. It is fixed, whatever the order in which they were
 * switched on:
 *
 *   sensor     stuck, flatline, drift, spike, reversed_ct, then the registers (missed_count, double_count, reversed_ct, reset, rollover,
 *              meter_swap), flapping_state
 *   clock      clock_skew, clock_jump
 *   (sealed: boot and seq are given)
 *   message    wrong_type, poison
 *   way        dropout, loss, reorder, duplicate
 *   device     reboot, plug_pulled, gateway_outage: power.ts
 *
 * Pure: the same items, state, faults and times give the same parcels and notes, however the time is cut into turns.
 */
import type { Machine, Measure } from '#domain/plant/plant.ts'
import type { Instant } from '#domain/time.ts'
import type { DeviceClass } from '#contract/topics.ts'
import type { SimItem } from '../item.ts'
import { inForce, type Fault, type FaultName } from './catalogue.ts'
import { clockJump, clockSkew } from './clock.ts'
import { depart, type Note } from './departure.ts'
import { copiesOf, dropout, heldUntil, loss } from './passage.ts'
import { poison, wrongType } from './payload.ts'
import { throughMeters } from './registers.ts'
import { drift, flatline, reversedPower, spike, stuck } from './signals.ts'
import { flapping } from './states.ts'
import { mindOf, numberOf, type Hand, type Held, type Parcel, type StreamState } from './stream.ts'

type Step = (parcel: Parcel, hand: Hand) => void

const SIGNALS: readonly (readonly [FaultName, Step])[] = [
  ['stuck', stuck],
  ['flatline', flatline],
  ['drift', drift],
  ['spike', spike],
  ['reversed_ct', reversedPower],
]
const CLOCK: readonly (readonly [FaultName, Step])[] = [
  ['clock_skew', clockSkew],
  ['clock_jump', clockJump],
]
const MESSAGE: readonly (readonly [FaultName, Step])[] = [
  ['wrong_type', wrongType],
  ['poison', poison],
]
const WAY: readonly (readonly [FaultName, Step])[] = [
  ['dropout', dropout],
  ['loss', loss],
]

export type Passage = {
  readonly machine: Machine
  /** `firm/path`: part of the seed of each fault's chance. */
  readonly subject: string
  readonly stream: StreamState
  /** Those that strike this machine; their schedules are asked here. */
  readonly faults: readonly Fault[]
  /** Gives an item its boot and the next seq of its class. */
  readonly seal: (cls: DeviceClass) => { readonly boot: string; readonly seq: number }
  /** Items are of (from, now]. */
  readonly from: Instant
  readonly now: Instant
}

export type Outcome = {
  /** To be handed to the outbox, in this order. */
  readonly parcels: Parcel[]
  readonly notes: Note[]
  /** Sealed in this turn, whether they leave or not. */
  readonly sealed: readonly Parcel[]
  readonly lost: readonly Parcel[]
}

/** What is really handed to the outbox of what a machine said in a turn. Moves `stream` on. */
export function passOn(items: readonly SimItem[], passage: Passage): Outcome {
  const { stream, machine, faults, subject, from, now } = passage
  const hands = faults.map((fault): Hand => ({
    fault,
    machine,
    stream,
    mind: mindOf(stream.minds, fault, subject),
  }))
  const measured = sense(items, hands, passage)
  for (const hand of hands)
    if (hand.fault.name === 'flapping_state') measured.push(...flapping(hand, from, now, blank))
  measured.sort((a, b) => a.ts - b.ts)
  for (const parcel of measured) {
    run(CLOCK, parcel, hands)
    Object.assign(parcel, passage.seal(parcel.class))
    run(MESSAGE, parcel, hands)
    run(WAY, parcel, hands)
  }
  const leaving = way(measured, hands, passage)
  const { notes, parcels } = depart(leaving, stream)
  return { parcels, notes, sealed: measured, lost: measured.filter(({ lost }) => lost !== null) }
}

/** Whether the stream remembers anything that a restart must find again. */
export const isPlain = ({ minds, meters, held }: StreamState): boolean =>
  held.length === 0 && Object.keys(minds).length === 0 && Object.keys(meters).length === 0

const blank = (): Parcel => ({
  class: 'state',
  ts: 0,
  qos: 1,
  body: {},
  skew: 0,
  marks: [],
  boot: '',
  seq: 0,
  raw: null,
  broken: false,
  refused: false,
  lost: null,
  copy: false,
})

/** A fault's schedule is the plant's time, not what a wrong clock makes of it. */
const at = ({ ts, skew }: Parcel): Instant => ts - skew

function run(steps: readonly (readonly [FaultName, Step])[], parcel: Parcel, hands: readonly Hand[]): void {
  for (const [name, step] of steps)
    for (const hand of hands)
      if (hand.fault.name === name && inForce(hand.fault, at(parcel))) step(parcel, hand)
}

function sense(items: readonly SimItem[], hands: readonly Hand[], { stream, machine }: Passage): Parcel[] {
  const out: Parcel[] = []
  for (const { class: cls, ts, qos, body } of items) {
    const v = body['v'] as Record<string, number> | undefined
    const parcel: Parcel = {
      ...blank(),
      class: cls,
      ts,
      qos,
      body: v ? { ...body, v: { ...v } } : { ...body },
    }
    if (cls === 'state') stream.state = body['state'] as string
    run(SIGNALS, parcel, hands)
    const inForceNow = hands.filter(({ fault }) => inForce(fault, ts))
    const told = throughMeters(parcel, inForceNow, stream, machine)
    if (parcel.marks.length > 0) refuse(parcel, machine.measures)
    out.push(...told)
  }
  return out
}

/** Only what a fault has touched can be out of range. The product then names that and nothing else. */
function refuse(parcel: Parcel, measures: readonly Measure[]): void {
  const v = parcel.body['v'] as Record<string, number> | undefined
  if (!v) return
  const outside = measures.some(({ name, min, max }) => {
    const value = v[name]
    return typeof value === 'number' && ((min !== null && value < min) || (max !== null && value > max))
  })
  if (!outside) return
  parcel.refused = true
  parcel.marks.splice(
    0,
    parcel.marks.length,
    ...parcel.marks.map((one, i) => ({ ...one, counters: i === 0 ? ['quarantine:out_of_range'] : [] })),
  )
}

/** Everything that leaves by now, in the order in which it leaves. What is held back stays in the stream's state. */
function way(sealed: readonly Parcel[], hands: readonly Hand[], { stream, now }: Passage): Parcel[] {
  const queue: Held[] = stream.held
  for (const parcel of sealed) {
    let due = at(parcel)
    for (const hand of hands)
      if (hand.fault.name === 'reorder' && inForce(hand.fault, at(parcel)))
        due = heldUntil(parcel, hand, due) ?? due
    queue.push({ due, parcel })
    for (const hand of hands)
      if (hand.fault.name === 'duplicate' && inForce(hand.fault, at(parcel)))
        for (const copy of copiesOf(parcel, hand))
          queue.push({ due: due + numberOf(hand.fault, 'delay_s') * 1000, parcel: copy })
  }
  queue.sort((a, b) => a.due - b.due)
  stream.held = queue.filter(({ due }) => due > now)
  return queue.filter(({ due }) => due <= now).map(({ parcel }) => parcel)
}
