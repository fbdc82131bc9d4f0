/**
 * Could it be so? A value inside its range can be a lie all the same: a sensor that stands still while its machine runs, leaps further
 * than what it measures can move, or claims more than the machine can take. Evidence is never dropped for it: it is flagged with the
 * reason, counted and shown.
 *   plausible: 12.31, 12.29, 12.31 kW while it runs    stuck: 12.31 kW sixty times in a row while it runs
 *   jump: 31 °C, then 96 °C five seconds later         implausible: 2 kWh in a minute of a machine rated at 15 kW
 * What a measure may do stands in the plant file; where it does not, only what holds for every machine is judged.
 */
import type { Measure } from '#domain/plant/plant.ts'
import { HOUR, type Instant, type Millis } from '#domain/time.ts'
import { IMPLAUSIBLE, JUMP, STUCK } from './item.ts'

/** Repeats of one value before it is stuck, where the plant file names no number. */
export const STUCK_AFTER = 60
/** Share of its range by which a temperature may change from one sample to the next. */
const TEMPERATURE_STEP = 0.5
/** Registers over a minute: above this share of its rating a machine does not go. */
const OVERLOAD = 1.5
/** Power at one instant: a motor starts with more than it is rated for. */
const INRUSH = 8
/** Two readings of a register, each rounded to its resolution. */
const ROUNDING = 2

/** The newest value of a signal, and how often it came since it last moved. */
export type Course = { value: number; ts: Instant; same: number }

/** May it never stand still while the machine runs? Active power may not; what else may not, the plant file says. */
const stuckAfter = ({ stuckAfter: own, unit }: Measure): number => own ?? (unit === 'kW' ? STUCK_AFTER : 0)

/** How far it can move within its period; null: anywhere in its range. */
function stepOf({ maxStep, unit, min, max }: Measure): number | null {
  if (maxStep !== undefined) return maxStep
  return unit === '°C' && min !== null && max !== null ? (max - min) * TEMPERATURE_STEP : null
}

/** Is its course worth holding? */
export const hasCourse = (measure: Measure): boolean => stuckAfter(measure) > 0 || stepOf(measure) !== null

/**
 * Doubts of a signal's value as flags. `course` is what came before, changed in place: only a value newer than the newest has a
 * neighbour to be judged by. `running`: the machine ran when it was measured.
 */
export function judgeSignal(
  measure: Measure,
  course: Course,
  value: number,
  ts: Instant,
  running: boolean,
): number {
  if (ts <= course.ts) return 0
  const elapsed = ts - course.ts
  const step = stepOf(measure)
  const moved = Math.abs(value - course.value)
  let flags = 0
  // the longer ago, the further it may have gone
  if (step !== null && moved > step * Math.max(1, elapsed / measure.periodMs)) flags |= JUMP
  course.ts = ts
  if (moved > (measure.stuckWithin ?? 0)) {
    course.value = value
    course.same = 0
  } else if (!running || elapsed > measure.staleMs) course.same = 0
  else {
    const after = stuckAfter(measure)
    if (++course.same >= after && after > 0) flags |= STUCK
  }
  return flags
}

/** Power beyond what the machine takes even when it starts. */
export const judgePower = (measure: Measure, ratedKw: number | null, value: number): number =>
  ratedKw !== null && measure.unit === 'kW' && Math.abs(value) > ratedKw * INRUSH ? IMPLAUSIBLE : 0

/** The fastest that a register can grow, in steps an hour; null: nothing is known. */
function fastest({ maxPerHour, unit, scale }: Measure, ratedKw: number | null): number | null {
  if (maxPerHour !== undefined) return maxPerHour * scale
  return unit === 'kWh' && ratedKw !== null ? ratedKw * OVERLOAD * scale : null
}

/** Growth of a register between neighbouring samples `elapsed` apart; it may have been read up to a period before it was sent. */
export function judgeGrowth(
  measure: Measure,
  ratedKw: number | null,
  steps: number,
  elapsed: Millis,
): number {
  const limit = fastest(measure, ratedKw)
  if (limit === null || elapsed <= 0) return 0
  return steps > (limit * (elapsed + measure.periodMs)) / HOUR + ROUNDING ? IMPLAUSIBLE : 0
}
