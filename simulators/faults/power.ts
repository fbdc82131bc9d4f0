/** Faults of a whole device: power and connection. Pure: state, schedule, seeded chance and now give what holds now. */
import type { Instant } from '#domain/time.ts'
import { inForce, type Fault, type FaultName } from './catalogue.ts'
import { mindOf, NEVER, numberOf, occurs, type Mind } from './stream.ts'

export type DeviceState = {
  minds: Record<string, Mind>
  /** Without power nothing is measured and nothing sent. */
  power: boolean
  link: boolean
}

export const newDevice = (): DeviceState => ({ minds: {}, power: true, link: true })

export type Change = {
  /** What began in this turn. */
  readonly began: readonly FaultName[]
  /** The outbox of the device is gone. */
  readonly loses: boolean
  /** Power is back: a new boot begins. */
  readonly boots: boolean
  /** The connection is back after an outage: what waits is replayed in batches of this many items. */
  readonly replay: number | null
}

const LASTS: Readonly<Partial<Record<FaultName, string>>> = {
  reboot: 'down_s',
  plug_pulled: 'lasts_s',
  gateway_outage: 'lasts_s',
}

/** Moves a device on to `now`. A fault that was stopped ends at once. */
export function powerAt(state: DeviceState, faults: readonly Fault[], subject: string, now: Instant): Change {
  const began: FaultName[] = []
  let power = true
  let link = true
  let loses = false
  for (const fault of faults) {
    const lasts = LASTS[fault.name]
    if (lasts === undefined) continue
    const mind = mindOf(state.minds, fault, subject)
    if (now >= mind.until && inForce(fault, now) && occurs(fault, mind, now)) {
      mind.until = now + numberOf(fault, lasts) * 1000
      began.push(fault.name)
      if (fault.name === 'plug_pulled' && fault.params['outbox'] === 'lost') loses = true
    }
    if (now >= mind.until) continue
    link = false
    if (fault.name === 'gateway_outage') state.minds[fault.id]!['replay'] = numberOf(fault, 'batch_items')
    else power = false
  }
  const boots = power && !state.power
  const back = link && !state.link
  const replay = back && !boots ? replayOf(state) : null
  state.power = power
  state.link = link
  return { began, loses, boots, replay }
}

/**
 * The next instant after `at` at which a device may lose its power or line, or have them back; null: none. `at` is where it has come to:
 * what begins there is looked at as if it did.
 */
export function edgeAfter({ minds }: DeviceState, faults: readonly Fault[], at: Instant): Instant | null {
  const edges: Instant[] = []
  for (const fault of faults) {
    const lasts = LASTS[fault.name]
    if (lasts === undefined) continue
    const { next, until } = minds[fault.id] ?? { next: -NEVER, until: -NEVER }
    const due = at >= next && at >= until && inForce(fault, at)
    const again = due ? at + numberOf(fault, 'every_s') * 1000 : next
    const onset = Math.max(again, until, fault.from ?? at)
    edges.push(due ? at + numberOf(fault, lasts) * 1000 : until)
    if (inForce(fault, onset)) edges.push(onset)
  }
  const coming = edges.filter((edge) => edge > at && edge < NEVER)
  return coming.length === 0 ? null : Math.min(...coming)
}

function replayOf({ minds }: DeviceState): number | null {
  let items: number | null = null
  for (const mind of Object.values(minds)) {
    if (typeof mind['replay'] === 'number') items = mind['replay']
    mind['replay'] = null
  }
  return items
}
