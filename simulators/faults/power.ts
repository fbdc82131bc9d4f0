/** Faults of a whole device: power and connection. Pure: state, schedule, seeded chance and now give what holds now. */
import type { Instant } from '#domain/time.ts'
import { inForce, type Fault, type FaultName } from './catalogue.ts'
import { mindOf, numberOf, occurs, type Mind } from './stream.ts'

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

function replayOf({ minds }: DeviceState): number | null {
  let items: number | null = null
  for (const mind of Object.values(minds)) {
    if (typeof mind['replay'] === 'number') items = mind['replay']
    mind['replay'] = null
  }
  return items
}
