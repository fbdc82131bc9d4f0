/**
 * Simulated plants over REST: what lives in the simulators, its faults, and truth beside computed. Part of contract/rest.ts; the
 * simulators' own words are contract/local.ts (SimulationRun, FaultKindRow, FaultRow, TruthRow).
 */
import { z } from 'zod'
import { SIMULATIONS } from '#domain/plant/plant.ts'
import { MAX_TS, MIN_TS } from './envelope.ts'

const instant = z.int().describe('ms since 1970 UTC')
const when = z.int().min(MIN_TS).max(MAX_TS)
const level = z.string().regex(/^[a-z0-9_-]{1,64}$/)
const title = z.object({ zh: z.string(), en: z.string() })
/** A path in the firm, or a part of it from the left: `main/machining`. */
const place = z
  .string()
  .regex(/^[a-z0-9_-]{1,64}(?:\/[a-z0-9_-]{1,64}){0,3}$/, 'a path in the firm is needed')

/** What a person can start. Names are those of the simulators. */
export const SCENARIOS = [
  'baseline',
  'retrofit',
  'tariff-reform-only',
  'scrap-only',
  'growth-only',
  'mix-only',
  'bad-day',
] as const

export const HistoryView = z.object({
  /** Production days. */
  from: z.string(),
  to: z.string(),
  retrofit: z.string().nullable(),
  days: z.object({ done: z.int(), total: z.int() }),
  items: z.int(),
  state: z.enum(['preparing', 'running', 'waiting', 'done']),
  seconds: z.number(),
})
/** `history` null: none is brought in, or why that is not known. */
export const SimulationHistory = z.object({
  history: HistoryView.nullable(),
  reason: z.enum(['not_simulated', 'none', 'simulators_down']).nullable(),
})

export const RunView = z.object({
  firm: level,
  simulation: z.enum(SIMULATIONS),
  scenario: z.string(),
  seed: z.int(),
  standing: z.boolean().describe('of the plant files: it is not stopped by itself'),
  from: instant,
  to: instant.nullable(),
  speed: z.number().describe('plant seconds per second; 0: as fast as it can'),
  state: z.enum(['preparing', 'running', 'standing still', 'ended']),
  why: z.string().nullable(),
  at: instant.describe('everything before is told'),
  history: HistoryView.nullable(),
  machines: z.int(),
  devices: z.int(),
  connected: z.int(),
  sent: z.int(),
  acknowledged: z.int(),
  waiting: z.int(),
})

const parameter = z.object({
  title,
  unit: z.string(),
  fallback: z.union([z.number(), z.string(), z.boolean()]),
  range: z.tuple([z.number(), z.number()]).optional(),
  choices: z.array(z.string()).optional(),
})
export const FaultKindView = z.object({
  name: z.string(),
  kind: z.enum(['transport', 'sensor', 'process']),
  scope: z.enum(['machine', 'device']),
  title,
  does: title,
  chance: z.object({ of: z.enum(['item', 'piece', 'occurrence']), fallback: z.number() }),
  params: z.record(z.string(), parameter),
  counters: z.array(z.string()),
  machines: z.array(z.string()).nullable().describe('last levels of the machines that it fits; null: any'),
})
const params = z.record(level, z.union([z.number(), z.string().max(200), z.boolean()]))
/** A fault in force, or waiting for its time, as it strikes one firm. */
export const FaultView = z.object({
  id: z.string(),
  firm: level,
  name: z.string(),
  machines: z.array(z.string()).describe('paths in the firm; empty: all of it'),
  shared: z.boolean().describe('it strikes other firms too, and is not stopped from here'),
  from: instant.nullable(),
  to: instant.nullable(),
  probability: z.number(),
  params: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  seed: z.int(),
})

const told = {
  made: z.int(),
  sent: z.int(),
  acknowledged: z.int(),
  lost: z.int().describe('made, never sent, and gone'),
  waiting: z
    .int()
    .describe('made, and neither acknowledged nor lost: not yet sent, or sent and not answered'),
  difference: z
    .int()
    .describe(
      'acknowledged, lost and waiting less made; 0: balanced. Above: some count twice, or were never made',
    ),
}
/** What the devices of a simulated plant really sent, in items since the plant began, and what faults did to them. */
export const SimulationDevices = z.object({
  at: instant.describe('when the simulators were asked'),
  devices: z.array(z.object({ machine: z.string(), ...told })),
  total: z.object(told),
  /** By what was done (a fault's name, `times` for clocks) and the counter of the product that must show it (empty: none). */
  did: z.array(z.object({ name: z.string(), counter: z.string(), items: z.int() })),
})

/** Runs, faults and choices in the caller's scope. */
export const SimulationView = z.object({
  at: instant,
  simulators: z.object({ ok: z.boolean(), reason: z.string().nullable() }),
  runs: z.array(RunView),
  scenarios: z.array(z.object({ name: z.enum(SCENARIOS), title, does: title })),
  kinds: z.array(FaultKindView),
  faults: z.array(FaultView),
  /** Firms whose simulated plant can be copied. */
  plants: z.array(z.object({ firm: level, title })),
})

/** `from` and `to`: an interval, and the run ends by itself. Neither: from now on, as time goes. */
export const RunStart = z.strictObject({
  scenario: z.enum(SCENARIOS),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1),
  from: when.optional(),
  to: when.optional(),
  speed: z.number().min(0).max(86_400).optional(),
  signals: z.boolean().optional(),
  /** Whose plant is copied. */
  plant: level.default('demo-a'),
})

/** `id`: of one in force, which is changed. Without `machines`: the whole firm. */
export const FaultStart = z.strictObject({
  fault: level,
  id: z.string().max(100).optional(),
  machines: z.array(place).min(1).max(500).optional(),
  from: when.optional(),
  to: when.optional(),
  probability: z.number().min(0).max(1).optional(),
  params: params.optional(),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .optional(),
})

const whole = z
  .string()
  .regex(/^\d{1,15}$/, 'a whole number is needed')
  .transform(Number)
/** [from, to), at most 2 days; neither: the last full hour. */
export const TruthQuery = z.strictObject({ from: whole.optional(), to: whole.optional() })
/** [from, to), at most 15 minutes. */
export const CaseQuery = z.strictObject({ from: whole, to: whole })

export const VERDICTS = ['equal', 'within', 'differs', 'unknown'] as const
/** Why a row cannot be equal to the last digit, or has no computed side. */
export const TRUTH_REASONS = [
  'unknown_time', // the state of the machine was not known all the time
  'sparse_samples', // the window's ends lie between two readings
  'register_reset', // a register was set back: what it lost is not known
  'no_sample_before',
  'no_sample_after',
  'no_readings', // the historian does not answer, or holds none
  'part_unknown', // a sum of which a part is not known
  'register_steps', // less than the steps of registers and standards tell
  'quarter_readings', // quarter-hourly readings do not tell under which order a piece came
  'no_figure', // the computed figure is null: a cause says why
  'not_settled', // it differs, and the shift or day is not settled yet
] as const
/** Why cost, value, u and OEE of a window have no computed side. */
export const MONEY_REASONS = [
  'not_whole', // neither a shift nor a production day, nor the begin of one that runs
  'no_truth', // the plant knows no money
  'no_prices', // the firm has no dated records
  'not_valued', // the account is under way, or nothing was heard of it
  'ingest_down',
] as const
const value = z.int().nullable()
export const TruthLine = z.object({
  scope: z.string().describe('`plant`, or the path of a machine or meter'),
  /** `seconds.RUN`, `pieces.good`, `energy` … */
  name: z.string(),
  unit: z.string(),
  truth: value,
  computed: value,
  /** What accounting books in this window and the works in another one; in the difference it counts as true. Null: no money. */
  booked: value,
  difference: value,
  tolerance: value,
  verdict: z.enum(VERDICTS),
  reason: z.enum(TRUTH_REASONS).nullable(),
  /**
   * What explains a difference: faults in force (by id), items that were put aside, what was under way when the run began; and
   * why there is no figure.
   */
  causes: z.array(
    z.object({
      kind: z.enum(['fault', 'quarantine', 'begin', 'hole']),
      id: z.string().nullable(),
      name: z.string(),
      items: z.int().nullable(),
    }),
  ),
})
export const TruthComparison = z.object({
  from: instant,
  to: instant,
  counts: z.object({ equal: z.int(), within: z.int(), differs: z.int(), unknown: z.int() }),
  /** Of cost, value, u and OEE: the shift or day whose figures stand in the rows, as far as it is told; or why there are none. */
  money: z.object({
    reason: z.enum(MONEY_REASONS).nullable(),
    by: z.enum(['shift', 'day']).nullable(),
    from: instant,
    to: instant,
    settled: z.boolean(),
  }),
  rows: z.array(TruthLine),
  /** Truths of the plant that nothing is computed for. */
  truthOnly: z.array(
    z.object({ name: z.string(), unit: z.string(), truth: value, reason: z.string().nullable() }),
  ),
})
