/**
 * The bad day: every transport fault on one plant, so that they overlap and strike again and again, while each machine can still be read
 * most of the day. Pure. Every figure is illustrative.
 */
import type { FaultRequest } from '#contract/local.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { MINUTE, SECOND, type Instant, type Millis } from '#domain/time.ts'
import type { FAULTS } from './catalogue.ts'

type TransportName = {
  [Name in keyof typeof FAULTS]: (typeof FAULTS)[Name]['kind'] extends 'transport' ? Name : never
}[keyof typeof FAULTS]

type Struck = {
  /** Whom it strikes: everybody, or each `every`-th device from the `first` on. */
  readonly devices: 'all' | { readonly first: number; readonly every: number }
  /** Begins so long after the day does. */
  readonly after: Millis
  readonly probability: number
  readonly params?: FaultRequest['params']
}

/**
 * A clock that is an hour off makes items wait in quarantine, so it strikes few devices and briefly; broken bytes and wrong types are rare
 * for everybody; a device without power or line is away for some minutes of each hour.
 */
const DAY: Readonly<Record<TransportName, Struck>> = {
  loss: { devices: 'all', after: 0, probability: 0.01 },
  duplicate: { devices: 'all', after: 0, probability: 0.02, params: { copies: 2, delay_s: 5 } },
  reorder: { devices: 'all', after: 5 * SECOND, probability: 0.03, params: { max_s: 60 } },
  dropout: {
    devices: { first: 0, every: 3 },
    after: 10 * SECOND,
    probability: 0.004,
    params: { burst: 5 },
  },
  poison: { devices: 'all', after: 15 * SECOND, probability: 0.002 },
  wrong_type: { devices: 'all', after: 20 * SECOND, probability: 0.002 },
  clock_skew: {
    devices: { first: 1, every: 4 },
    after: 30 * SECOND,
    probability: 0.5,
    params: { skew_s: 90 },
  },
  clock_jump: {
    devices: { first: 2, every: 5 },
    after: MINUTE,
    probability: 0.8,
    params: { step_s: -3600, lasts_s: 120, every_s: 1800 },
  },
  gateway_outage: {
    devices: { first: 0, every: 2 },
    after: 2 * MINUTE,
    probability: 0.9,
    params: { lasts_s: 300, every_s: 3600, batch_items: 200 },
  },
  reboot: {
    devices: { first: 1, every: 3 },
    after: 3 * MINUTE,
    probability: 0.9,
    params: { down_s: 5, every_s: 2400 },
  },
  plug_pulled: {
    devices: { first: 3, every: 6 },
    after: 4 * MINUTE,
    probability: 0.7,
    params: { lasts_s: 90, every_s: 5400, outbox: 'lost' },
  },
}

/** What is switched on for a bad day in [from, to); `to` null: without end. A window too short for a late one has it from its begin. */
export function badDay(
  { firm, credentials }: Plant,
  from: Instant,
  to: Instant | null,
): (FaultRequest & { readonly machines: readonly string[] })[] {
  const place = (first: number) => Math.min(first, credentials.length - 1)
  return Object.entries(DAY).flatMap(([fault, { devices, after, probability, params }]) => {
    const struck =
      devices === 'all'
        ? credentials
        : credentials.filter(
            (_, i) => i >= place(devices.first) && (i - place(devices.first)) % devices.every === 0,
          )
    const machines = struck.flatMap((one) => one.machines.map((machine) => `${firm}/${machine}`))
    if (machines.length === 0) return []
    const begin = to !== null && from + after >= to ? from : from + after
    return [
      {
        fault,
        machines,
        from: begin,
        ...(to !== null && { to }),
        probability,
        ...(params && { params }),
      },
    ]
  })
}
