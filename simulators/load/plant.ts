/**
 * A plant for load: N equal machines, each with a credential of its own and the four measures that load devices tell. It makes nothing and
 * means nothing: its values are noise, and its titles say so.
 */
import type { DeviceSecret } from '#contract/local.ts'
import { deviceTopic } from '#contract/topics.ts'
import type { Measure, Plant } from '#domain/plant/plant.ts'
import type { Account } from './load.ts'

const measure = (name: string, unit: string, scale: number, max: number): Measure => ({
  name,
  class: 'telemetry',
  title: { zh: name, en: name },
  unit,
  scale,
  min: 0,
  max,
  periodMs: 1000,
  staleMs: 60_000,
  rollover: null,
  limit: null,
})

const MEASURES = [
  measure('power_kw', 'kW', 1000, 100),
  measure('load_pct', '%', 100, 200),
  measure('vib_mm_s', 'mm/s', 1000, 50),
  measure('coolant_c', '°C', 100, 100),
]

/** `devices` from 1 to 2000; `firm` as a simulation's: `sim-…`. */
export function loadPlant(firm: string, devices: number): Plant {
  const machines = Array.from({ length: devices }, (_, i) => {
    const number = String(i + 1).padStart(4, '0')
    return {
      path: `main/load/l1/d-${number}`,
      kind: 'load',
      title: { zh: `负载 ${number}`, en: `Load ${number}` },
      label: { zh: number, en: number },
      meter: true,
      group: 'load',
      ratedKw: null,
      statePeriodMs: 60_000,
      stateStaleMs: 180_000,
      measures: MEASURES,
    }
  })
  return {
    firm,
    title: { zh: `负载试验 ${devices} 台`, en: `Load test, ${devices} devices` },
    simulated: true,
    shifts: [],
    groups: [{ id: 'load', title: { zh: '负载', en: 'Load' } }],
    machines,
    credentials: machines.map(({ path }) => ({ name: path, machines: [path] })),
  }
}

/** What its devices connect with; `secretOf` by `firm/path`. Throws for a device without a secret. */
export const loadAccounts = (
  { firm, machines }: Plant,
  secretOf: (device: string) => DeviceSecret | undefined,
): Account[] =>
  machines.map(({ path }) => {
    const secret = secretOf(`${firm}/${path}`)
    if (!secret) throw new Error(`${firm}/${path} has no secret`)
    return { ...secret, topic: deviceTopic(firm, path, 'telemetry') }
  })
