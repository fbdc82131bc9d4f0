/**
 * What stops, set-ups, scrap, idle burners and leaks cost, by the same prices and the same posts as every other figure. A loss is a part of
 * a cost that was posted, never a cost on top of it, and never what might have been earned.
 *
 *   stop    planned time in FAULT or STOP, or in IDLE or OFF with an order: of the labour that was posted to the machine the part that
 *           passed while it stood, of paid time; of its machine-hours likewise, of scheduled time; the electricity of a quarter-hour in
 *           which it did nothing else; what its repair took, crew and parts
 *   setup   planned set-up time beyond the standard of its work centre: labour and machine-hours likewise
 *   scrap   standard cost of the pieces lost less salvage
 *   rework  what repeating the operation costs
 *   idle    gas of a burner in a quarter-hour in which its machine did not run
 *   leak    electricity of the air pool in a quarter-hour in which no machine that uses air ran
 *
 * Standing without an order is no loss of the machine: there was nothing to do. What a mixed quarter-hour used while standing cannot be
 * told from what it used while running, and is left out: energy of stops, idle burners and leaks are the least that they cost.
 * Everything is priced by the quarter-hour, in whole nano-yuan: losses of any windows sum to those of the window that spans them.
 */
import type { Segment } from '#domain/telemetry/states.ts'
import type { Instant, Millis } from '#domain/time.ts'
import { AIR_POOL } from './elements/energy.ts'
import { airPower } from './elements/media.ts'
import { mediumPrice, metered } from './elements/metered.ts'
import { isAt, lossIn, type Loss, type LossKind } from './loss.ts'
import { lossesOfTime, type SetupSoFar } from './lossesOfTime.ts'
import { QUARTER, type Pane } from './pane.ts'
import type { Nano } from './rounding.ts'
import { lossOfRework, lossOfScrap, type PieceLoss } from './scrap.ts'
import { shared } from './span.ts'
import { holesOfPieces, workedIn } from './value.ts'
import type { Case, PlacedHole, Post } from './valuationCase.ts'

export type Losses = {
  readonly losses: readonly Loss[]
  /** What is not priced, because a price or standard is missing. */
  readonly holes: readonly PlacedHole[]
  /** Set-ups under way at the end, by machine: what the window that follows begins with. */
  readonly setups: ReadonlyMap<string, SetupSoFar>
}

export type LossesTold = {
  /** States with their reasons by machine, in order. */
  readonly segments?: ReadonlyMap<string, readonly Segment[]>
  /** Set-ups under way when the window begins; none are known when left out. */
  readonly setups?: ReadonlyMap<string, SetupSoFar>
}

/** Losses of a window by quarter-hour, machine, kind, state and reason. A day of the demo plant takes about 0.1 s. */
export function lossesOf(work: Case, { segments, setups = new Map() }: LossesTold = {}): Losses {
  const losses: Loss[] = []
  const holes = new Map<string, PlacedHole>()
  const byStart = Map.groupBy(work.panes, ({ start }) => start)
  for (const start of [...byStart.keys()].toSorted((a, b) => a - b)) {
    const quarter = quarterOf(work, start, byStart.get(start)!)
    const time = lossesOfTime(quarter, segments ?? new Map(), setups)
    setups = time.setups
    const gas = metered(quarter, 'gas', mediumPrice('gas'))
    losses.push(...time.losses, ...ofPieces(quarter), ...ofBurners(quarter, gas.posts), ...leaksIn(quarter))
    for (const hole of [...time.holes, ...holesOfPieces(quarter, 'scrap', 'rework'), ...gas.holes])
      holes.set(JSON.stringify([hole.machine, hole.reason, hole.of]), hole)
  }
  return { losses, holes: [...holes.values()], setups }
}

/** The part of a case that lies in a quarter-hour. */
function quarterOf(work: Case, start: Instant, panes: readonly Pane[]): Case {
  const span = {
    from: Math.max(start, work.span.from),
    to: Math.min(start + QUARTER, work.span.to),
  }
  const days = work.days.filter((day) => shared(day.span, span.from, span.to) > 0)
  return { ...work, span, panes, days, made: new Map() }
}

const sumOf = ({ material, labour, machine, own }: PieceLoss): Nano => material + labour + machine + own

/** Element 11 by piece. */
function ofPieces(work: Case): Loss[] {
  return workedIn(work).worked.flatMap(({ pane, book, operation, scrap, rework }) => {
    const of = (kind: LossKind, milli: number, piece: PieceLoss): Loss[] =>
      milli === 0
        ? []
        : [
            {
              ...lossIn(work, pane, kind),
              operation: operation.operation,
              milli,
              nano: BigInt(milli) * sumOf(piece),
            },
          ]
    return [
      ...of('scrap', scrap, lossOfScrap(operation)),
      ...of('rework', rework, lossOfRework(operation, book)),
    ]
  })
}

const lasts = ({ states }: Pane): Millis => Object.values(states).reduce((sum, ms) => sum + ms, 0)

/** May a machine have run in a pane? Of a silence nobody knows. */
const mayHaveRun = ({ states }: Pane): boolean => (states['RUN'] ?? 0) + (states['UNKNOWN'] ?? 0) > 0

function ofBurners(work: Case, posts: readonly Post[]): Loss[] {
  return posts.flatMap((post): Loss[] => {
    const pane = post.machine === null ? undefined : work.panes.find((one) => isAt(one, post))
    if (!pane || mayHaveRun(pane) || lasts(pane) === 0) return []
    return [{ ...lossIn(work, pane, 'idle'), ms: lasts(pane), nano: post.nano }]
  })
}

function leaksIn(work: Case): Loss[] {
  const book = work.books.at(work.span.from)
  const inPool = book.find('pool', AIR_POOL)?.kinds ?? []
  const uses = ({ machine }: Pane): boolean => {
    const { kind = '', meter = true } = work.machines.get(machine) ?? {}
    return !meter && !inPool.includes(kind) && (book.find('work_centre', kind)?.airPerRunHour ?? 0) > 0
  }
  if (inPool.length === 0 || work.panes.some((pane) => uses(pane) && mayHaveRun(pane))) return []
  return airPower(work).posts.flatMap((post): Loss[] => {
    const pane = work.panes.find((one) => isAt(one, post))
    const ms = pane ? lasts(pane) - (pane.states['OFF'] ?? 0) - (pane.states['UNKNOWN'] ?? 0) : 0
    return ms > 0 ? [{ ...lossIn(work, pane!, 'leak'), ms, nano: post.nano }] : []
  })
}
