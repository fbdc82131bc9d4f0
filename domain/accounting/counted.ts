/** The registers of a machine that count something, each with its course and the time over which it grows. */
import type { Machine, Measure } from '#domain/plant/plant.ts'
import { shownStates, type Override } from '#domain/telemetry/states.ts'
import type { Millis } from '#domain/time.ts'
import { swapsOf, type EventHeard, type Facts, type StateHeard } from './facts.ts'
import { isCycled, roleOf, type Role } from './measureRole.ts'
import { bracketOf, courseOf, heardOf, pointAt, totalFrom, type Course } from './register.ts'
import { WALL, clockOf, type Clock, type Span } from './span.ts'

export type Counted = {
  readonly name: string
  readonly course: Course
  readonly role: Role
  readonly perStep: number
  /** Over which time it grows between two readings. */
  readonly clock: Clock
  /** Does any of its points have flags? */
  readonly isFlagged: boolean
  /** Place of the newest point at or before the end of the stretch before, and R there. */
  place: number
  total: number
}

/** Registers that count something, as they stand at the begin of the span. Events and states are in order. */
export function countedOf(
  { measures, stateStaleMs }: Pick<Machine, 'measures' | 'stateStaleMs'>,
  facts: Facts,
  { events, states }: { readonly events: readonly EventHeard[]; readonly states: readonly StateHeard[] },
  span: Span,
): Counted[] {
  const courses = measures.flatMap((measure: Measure) => {
    const found = roleOf(measure)
    if (found.role === null) return []
    const { name, scale, rollover } = measure
    const samples = Object.hasOwn(facts.samples, name) ? facts.samples[name]! : []
    return [{ name, ...found, course: courseOf(samples, swapsOf(events, name, scale), rollover) }]
  })
  const running = runClock(
    states,
    stateStaleMs,
    facts.corrections?.overrides ?? [],
    courses.filter(({ role }) => isCycled(role)).map(({ course }) => bracketOf(course, span)),
  )
  return courses.map(({ name, role, perStep, course }) => {
    const clock = isCycled(role) ? running : WALL
    const place = pointAt(course, span.from)
    const total = totalFrom(course, place, span.from, clock)
    const isFlagged = course.some(({ flags }) => flags !== 0)
    return { name, role, perStep, course, clock, isFlagged, place, total }
  })
}

/** The time that the machine ran, in any of the stretches. */
function runClock(
  states: readonly StateHeard[],
  staleMs: Millis,
  overrides: readonly Override[],
  stretches: readonly Span[],
): Clock {
  if (stretches.length === 0) return WALL
  const from = Math.min(...stretches.map((stretch) => stretch.from))
  const to = Math.max(...stretches.map((stretch) => stretch.to))
  return clockOf(shownStates(states, staleMs, overrides, from, to).filter(({ state }) => state === 'RUN'))
}

/** The stretch in which every register was heard before and after; null when one of them was never heard. */
export function heardOfAll(counted: readonly Counted[]): Span | null {
  if (counted.length === 0) return { from: -Infinity, to: Infinity }
  const spans = counted.map(({ course }) => heardOf(course))
  if (spans.includes(null)) return null
  const from = Math.max(...spans.map((span) => span!.from))
  return { from, to: Math.max(from, Math.min(...spans.map((span) => span!.to))) }
}
