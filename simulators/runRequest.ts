/** What a person asks for a run, checked: valid {firm: 'sim-retrofit-7', plant, scenario: 'retrofit', seed: 7}, invalid {speed: -1}. */
import type { RunRequest } from '#contract/local.ts'
import { parsePlant } from '#contract/plant.ts'
import { MINUTE, type Instant } from '#domain/time.ts'
import type { RunSpec } from './run.ts'
import type { SimSettings } from './settings.ts'
import { SCENARIOS, type ScenarioName } from './works/scenarios.ts'

/** Scenarios that can be started: `history` is what the plants of an installation have lived. */
export const STARTABLE: readonly ScenarioName[] = SCENARIOS.filter((name) => name !== 'history')

/** Items of a message of a run that outpaces time. */
export const FAST_BATCH = 60
const LONGEST_MS = 400 * 24 * 60 * MINUTE

/** Everything that is wrong with a request; none: `specOf` takes it. `now`: nobody simulates what has not been. */
export function runProblems(request: unknown, now: Instant): string[] {
  if (typeof request !== 'object' || request === null) return ['no object']
  const { firm, plant, scenario, seed, from, to, speed, signals } = request as Partial<RunRequest>
  const out: string[] = []
  if (typeof firm !== 'string' || !/^sim-[a-z0-9_-]{1,60}$/.test(firm))
    out.push('firm is no name that begins with sim-')
  const parsed = parsePlant(plant)
  if ('faults' in parsed) out.push(...parsed.faults.map(({ path, message }) => `plant.${path} ${message}`))
  else if (parsed.plant.firm !== firm || !parsed.plant.simulated)
    out.push('plant is not a simulated plant of that firm')
  if (!STARTABLE.includes(scenario as ScenarioName)) out.push(`scenario is none of ${STARTABLE.join(', ')}`)
  if (!Number.isSafeInteger(seed) || seed! < 0 || seed! > 4_294_967_295)
    out.push('seed is no whole number from 0 to 4294967295')
  if ((from === undefined) !== (to === undefined)) out.push('an interval needs from and to')
  else if (from !== undefined && !(Number.isSafeInteger(from) && Number.isSafeInteger(to)))
    out.push('from and to are no instants')
  else if (from !== undefined && (to! <= from || to! - from > LONGEST_MS))
    out.push('the interval ends before it begins, or is longer than 400 days')
  else if (from !== undefined && (to! > now || from < Date.UTC(2025, 0, 1)))
    out.push('the interval lies in the future, or before 2025')
  if (speed !== undefined && !(typeof speed === 'number' && speed >= 0 && speed <= 1_000_000))
    out.push('speed is no number from 0 to 1000000')
  else if (from === undefined && speed !== undefined && speed !== 1)
    out.push('without an interval time goes as it does: speed 1')
  if (signals !== undefined && typeof signals !== 'boolean') out.push('signals is neither true nor false')
  return out
}

/** Of a request without problems. */
export function specOf(request: RunRequest, settings: SimSettings): RunSpec {
  const { plant, scenario, seed, from, to, signals = true } = request
  const interval = from === undefined ? null : { from, to: to! }
  const speed = request.speed ?? (interval ? 0 : 1)
  return {
    plants: [plant],
    scenario: { name: scenario as ScenarioName, from: null },
    settings: { ...settings, simSeed: seed, simRate: 1, simSpeed: 1 },
    standing: false,
    interval,
    speed,
    signals,
    batch: interval && speed !== 1 ? FAST_BATCH : 1,
  }
}
