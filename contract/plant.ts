/**
 * The plant as journalled by `plant.put`: the domain's Plant as JSON, checked whole.
 * Valid:   {"firm":"demo-a","title":{"zh":"示范阀门厂 A","en":"Demo Valve Works A"},"simulated":true,"shifts":[],…}
 * Invalid: a machine in a group that does not exist, a scale of 30, a title with U+202E: each is a fault with its path.
 */
import { z } from 'zod'
import { SIMULATIONS, STOP_GROUPS, type Plant } from '#domain/plant/plant.ts'
import { scaleOf } from '#domain/units.ts'
import { isSimulationFirm } from './rights.ts'
import { isLevel } from './topics.ts'

const DAY_MINUTES = 1440
const DAY_MS = 86_400_000
export const MAX_MACHINES = 2000
export const MAX_MEASURES = 200

/** Control, format (bidi overrides, zero width), surrogate and separator characters: they can make a name lie about itself. */
const DECEPTIVE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u

/** Says `is missing` of what is not there, and otherwise what is needed. */
export const needed = (what: string) => ({
  error: (issue: { readonly input?: unknown }) => (issue.input === undefined ? 'is missing' : what),
})

/** Text that a person reads: visible characters, at most `max`, no blank at its ends. Markup is text like any other. */
export const plainText = (max: number) =>
  z
    .string(needed('a text is needed'))
    .min(1, 'must not be empty')
    .max(max, `at most ${max} characters`)
    .refine((text) => !DECEPTIVE.test(text), 'holds a control, direction or invisible character')
    .refine((text) => text.trim() === text, 'starts or ends with a blank')

/** `__proto__` and `constructor` are levels by their letters, and would be something else as a key. */
export const Level = z
  .string(needed('a name is needed'))
  .refine(isLevel, 'must be 1 to 64 of a-z 0-9 _ -')
  .refine((text) => !(text in {}), 'is a reserved word')

const title = (max: number) => z.strictObject({ zh: plainText(max), en: plainText(max) })
export const Title = title(64)
export const Label = title(12)

export const MachinePath = z
  .string(needed('a machine path is needed'))
  .refine(
    (text) => text.split('/').length === 4 && text.split('/').every((part) => Level.safeParse(part).success),
    'must be site/area/line/machine',
  )

export const StopGroup = z.enum(STOP_GROUPS, `must be one of ${STOP_GROUPS.join(', ')}`)

const minute = z.int('must be a whole minute').min(0)
const millis = z.int('must be a whole number of milliseconds')

export const Measure = z.strictObject({
  name: Level,
  class: z.enum(['telemetry', 'count'], needed('must be telemetry or count')),
  title: Title,
  unit: plainText(16),
  scale: z
    .int()
    .refine((scale) => scaleOf(1 / scale) === scale, 'must be a power of ten from 1 to 1,000,000'),
  min: z.number().nullable(),
  max: z.number().nullable(),
  periodMs: millis.min(100, 'at least 0.1 s').max(DAY_MS, 'at most a day'),
  staleMs: millis.max(7 * DAY_MS, 'at most a week'),
  rollover: z.int().min(1).nullable(),
  limit: z.number().nullable(),
  stuckAfter: z.int().min(0).max(100_000).exactOptional(),
  stuckWithin: z.number().min(0).exactOptional(),
  maxStep: z.number().positive('must be above 0').exactOptional(),
  maxPerHour: z.number().positive('must be above 0').exactOptional(),
})

export const Machine = z.strictObject({
  path: MachinePath,
  kind: Level,
  title: Title,
  label: Label,
  meter: z.boolean().exactOptional(),
  group: Level,
  ratedKw: z.number().positive('must be above 0').max(1e6).nullable(),
  statePeriodMs: millis.min(1000, 'at least 1 s').max(DAY_MS, 'at most a day'),
  stateStaleMs: millis.max(7 * DAY_MS, 'at most a week'),
  measures: z.array(Measure).max(MAX_MEASURES),
})

export const PlantShape = z.strictObject({
  firm: Level,
  title: Title,
  simulated: z.boolean(),
  simulation: z.enum(SIMULATIONS).exactOptional(),
  shifts: z
    .array(
      z.strictObject({
        name: title(16),
        start: minute.max(DAY_MINUTES - 1),
        end: minute.max(2 * DAY_MINUTES),
        breaks: z
          .array(z.strictObject({ start: minute, end: minute }))
          .max(12)
          .exactOptional(),
      }),
    )
    .max(6),
  stopReasons: z
    .array(z.strictObject({ code: Level, title: title(32), group: StopGroup }))
    .min(1, 'needs a reason')
    .max(60)
    .exactOptional(),
  closeMonthDay: z.int().min(1).max(28).exactOptional(),
  groups: z.array(z.strictObject({ id: Level, title: title(32) })).max(100),
  machines: z.array(Machine).max(MAX_MACHINES),
  credentials: z
    .array(
      z.strictObject({
        /** A gateway's name, or the path of the machine that speaks for itself. */
        name: z.union([Level, MachinePath], 'must be a gateway name or a machine path'),
        machines: z.array(MachinePath).min(1, 'needs a machine').max(MAX_MACHINES),
      }),
    )
    .max(MAX_MACHINES),
})

export type PlantPath = readonly (string | number)[]
export type PlantFault = { readonly path: PlantPath; readonly message: string }

/** `machines[3].measures[0].scale` */
export const showPath = (path: PlantPath): string =>
  path.reduce<string>(
    (text, part) => text + (typeof part === 'number' ? `[${part}]` : text === '' ? part : `.${part}`),
    '',
  )

/** The plant, or every fault with its path. Never throws. */
export function parsePlant(
  value: unknown,
):
  | { readonly plant: Plant }
  | { readonly faults: readonly { readonly path: string; readonly message: string }[] } {
  const result = checkPlant(value)
  if ('plant' in result) return result
  return { faults: result.faults.map(({ path, message }) => ({ path: showPath(path), message })) }
}

/** As parsePlant, with paths in parts, for who must find the place in a file. */
export function checkPlant(
  value: unknown,
): { readonly plant: Plant } | { readonly faults: readonly PlantFault[] } {
  const shape = PlantShape.safeParse(value)
  if (!shape.success) return { faults: shape.error.issues.flatMap(faultsOf) }
  const plant: Plant = shape.data
  const faults = [
    ...simulationFaults(plant),
    ...shiftFaults(plant),
    ...duplicates(plant.stopReasons ?? [], ({ code }) => code, ['stopReasons'], 'code'),
    ...duplicates(plant.groups, (group) => group.id, ['groups'], 'id'),
    ...machineFaults(plant),
    ...credentialFaults(plant),
  ]
  return faults.length === 0 ? { plant } : { faults }
}

/** A firm of this name is shown to whoever may simulate: a real plant must not be one. */
const simulationFaults = ({ firm, simulated }: Plant): PlantFault[] =>
  isSimulationFirm(firm) && !simulated
    ? [{ path: ['simulated'], message: `must be true: ${firm} is the name of a simulation` }]
    : []

/** One zod issue as faults: an unknown key is named by its own path. */
export function faultsOf(issue: z.core.$ZodIssue): PlantFault[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: [...path, key], message: 'is no key that is known here' }))
  if (issue.code === 'invalid_key') return [{ path, message: issue.issues[0]?.message ?? 'is no valid name' }]
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined'))
    return [{ path, message: 'is missing' }]
  return [{ path, message: issue.message }]
}

function duplicates<T>(
  rows: readonly T[],
  idOf: (row: T) => string,
  at: PlantPath,
  field: string,
): PlantFault[] {
  const seen = new Set<string>()
  return rows.flatMap((row, i) => {
    const id = idOf(row)
    const twice = seen.has(id)
    seen.add(id)
    return twice ? [{ path: [...at, i, field], message: `${id} exists twice` }] : []
  })
}

function shiftFaults(plant: Plant): PlantFault[] {
  const faults: PlantFault[] = []
  plant.shifts.forEach((shift, i) => {
    const at = ['shifts', i]
    if (shift.end <= shift.start) faults.push({ path: [...at, 'end'], message: 'must be after the start' })
    if (shift.end > shift.start + DAY_MINUTES)
      faults.push({ path: [...at, 'end'], message: 'a shift is at most a day' })
    let from = shift.start
    shift.breaks?.forEach((pause, k) => {
      if (pause.end <= pause.start || pause.start < from || pause.end > shift.end)
        faults.push({ path: [...at, 'breaks', k], message: 'must lie inside the shift, in order' })
      from = Math.max(from, pause.end)
    })
    const clash = plant.shifts.findIndex((other, k) => k < i && overlaps(other, shift))
    if (clash >= 0) faults.push({ path: [...at, 'start'], message: 'overlaps another shift' })
  })
  return faults
}

type Span = { readonly start: number; readonly end: number }
/** On the circle of a day. */
const overlaps = (a: Span, b: Span): boolean =>
  [-DAY_MINUTES, 0, DAY_MINUTES].some((shift) => a.start < b.end + shift && b.start + shift < a.end)

function machineFaults(plant: Plant): PlantFault[] {
  const groups = new Set(plant.groups.map((group) => group.id))
  return [
    ...duplicates(plant.machines, (machine) => machine.path, ['machines'], 'path'),
    ...plant.machines.flatMap((machine, i): PlantFault[] => {
      const at = ['machines', i]
      const faults = duplicates(machine.measures, (measure) => measure.name, [...at, 'measures'], 'name')
      if (!groups.has(machine.group))
        faults.push({ path: [...at, 'group'], message: `there is no group ${machine.group}` })
      if (machine.stateStaleMs < machine.statePeriodMs)
        faults.push({ path: [...at, 'stateStaleMs'], message: 'must not be shorter than the period' })
      return [
        ...faults,
        ...machine.measures.flatMap((measure, k) => measureFaults(measure, [...at, 'measures', k])),
      ]
    }),
  ]
}

function measureFaults(measure: Plant['machines'][number]['measures'][number], at: PlantPath): PlantFault[] {
  const { min, max, limit } = measure
  const faults: PlantFault[] = []
  if (min !== null && max !== null && min >= max)
    faults.push({ path: [...at, 'min'], message: 'the lower end must be below the upper end' })
  if (limit !== null && ((min !== null && limit < min) || (max !== null && limit > max)))
    faults.push({ path: [...at, 'limit'], message: 'must lie inside the range' })
  if (measure.staleMs < measure.periodMs)
    faults.push({ path: [...at, 'staleMs'], message: 'must not be shorter than the period' })
  if (measure.rollover !== null && measure.class !== 'count')
    faults.push({ path: [...at, 'rollover'], message: 'only a count rolls over' })
  return faults
}

function credentialFaults(plant: Plant): PlantFault[] {
  const machines = new Set(plant.machines.map((machine) => machine.path))
  return [
    ...duplicates(plant.credentials, (credential) => credential.name, ['credentials'], 'name'),
    ...plant.credentials.flatMap((credential, i) =>
      credential.machines.flatMap((machine, k): PlantFault[] => {
        const path = ['credentials', i, 'machines', k]
        if (!machines.has(machine)) return [{ path, message: `there is no machine ${machine}` }]
        return credential.machines.indexOf(machine) < k
          ? [{ path, message: `${machine} is listed twice` }]
          : []
      }),
    ),
  ]
}
