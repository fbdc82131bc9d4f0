/**
 * Cost, value, u and OEE of a simulated plant beside the truth: of a whole shift or production day, or of one that runs as far as it is
 * told. What was computed is asked for as GET /figures asks for it.
 */
import type { z } from 'zod'
import type { TruthComparison } from '#contract/rest.ts'
import type { SimulationRun, TruthRow } from '#contract/local.ts'
import type { Almanac, ProductionDay } from '#domain/accounting/almanac.ts'
import type { Span } from '#domain/accounting/span.ts'
import { DAY, SHANGHAI_OFFSET, type Instant, type Millis } from '#domain/time.ts'
import { LocalError } from '#runtime/local.ts'
import { accountsOf } from '../figures/accounts.ts'
import { bookshelf } from '../figures/almanac.ts'
import { figureRows } from '../figures/windows.ts'
import type { LedgerReader } from '../ledgers.ts'
import type { Ports } from '../ports.ts'
import type { Line } from './compare.ts'
import { figureLines } from './figureLines.ts'

type Money = z.infer<typeof TruthComparison>['money']
type Compared = { readonly money: Money; readonly lines: readonly Line[] }
/** Truth of the window, as the simulators told it. */
export type Told = { readonly plant: readonly TruthRow[]; readonly machines: readonly TruthRow[] }

const REASONS: Readonly<Record<string, Money['reason']>> = {
  'no-records': 'no_prices',
  'ingest-down': 'ingest_down',
}

type Part = {
  readonly by: 'shift' | 'day'
  readonly day: ProductionDay
  readonly shift: number | null
  readonly to: Instant
}

/** `causesOf` a machine, or of all (null). */
export async function compareFigures(
  ports: Ports,
  firm: string,
  window: Span,
  truth: Told,
  causesOf: (machine: string | null) => Line['causes'],
): Promise<Compared> {
  const none = (reason: Money['reason']): Compared => ({
    money: { reason, by: null, ...window, settled: false },
    lines: [],
  })
  if (!truth.plant.some(({ name }) => name === 'cost.total')) return none('no_truth')
  const ledger = ports.ledgers.of(firm)
  const shelf = ledger && bookshelf(ledger)
  const part = shelf && partOf(shelf.almanac, window)
  if (!part) return none('not_whole')
  const query = { ...window, by: part.by, name: undefined, scope: ['plant', 'machines'] }
  const rows = await figureRows(ports, accountsOf(ports), firm, query)
  if ('refused' in rows) {
    const isUnpriced = ledger.records().length === 0
    return none(isUnpriced ? 'no_prices' : (REASONS[rows.name ?? ''] ?? 'not_valued'))
  }
  const own = rows.filter(({ from }) => from === window.from)
  const to = own[0]?.to
  if (to === undefined || to <= window.from) return none('not_valued')
  // a part of what is told whole
  if (window.to < part.to && to === part.to) return none('not_whole')
  const told = to === window.to ? truth : await truthOf(ports, firm, { from: window.from, to })
  if (!told) return none('not_valued')
  const settled = isSettled(ledger, part)
  const run = (await ports.simulators.runs()).find((one) => one.firm === firm)
  const quarterly = (run?.history ?? null) !== null && part.day.day <= run!.history!.to
  const ramp = run?.scenario === 'history'
  const began = beginOf(run, window)
  const figures = Map.groupBy(own, ({ scope }) => scope)
  const lines = [...Map.groupBy([...told.plant, ...told.machines], ({ scope }) => scope)].flatMap(
    ([scope, known]) => {
      const causes = [...began, ...causesOf(scope === 'plant' ? null : scope)]
      return figureLines(known, figures.get(scope) ?? [], { settled, quarterly, ramp, causes })
    },
  )
  return { money: { reason: null, by: part.by, from: window.from, to, settled }, lines }
}

/** The shift or production day that a window is, or begins; null: it is none. */
function partOf(almanac: Almanac, { from, to }: Span): Part | null {
  const day = almanac.at(from)
  const shift = day.parts.find((part) => part.shift !== null && part.from === from && to <= part.to)
  if (shift) return { by: 'shift', day, shift: shift.shift, to: shift.to }
  return day.from === from && to <= day.to ? { by: 'day', day, shift: null, to: day.to } : null
}

const isSettled = (ledger: LedgerReader, { by, day: { day }, shift }: Part): boolean =>
  by === 'day'
    ? ledger.accountHeads(day, day).length > 0
    : ledger.settled(day, day).some((row) => row.shift === shift)

/** Null: the plant has not lived all of it. */
async function truthOf(ports: Ports, firm: string, window: Span): Promise<Told | null> {
  try {
    const [plant, machines] = await Promise.all([
      ports.simulators.truth(firm, window, 'plant'),
      ports.simulators.truth(firm, window, 'machines'),
    ])
    return { plant, machines }
  } catch (error) {
    if (error instanceof LocalError && error.status === 409) return null
    throw error
  }
}

/** Orders and repairs under way when a life began were never told as begun: for so long, a weekend included, they may be missed. */
const BEGIN: Millis = 3 * DAY

function beginOf(run: SimulationRun | undefined, { from }: Span): Line['causes'] {
  if (!run) return []
  const began = run.history ? startOfDay(run.history.from) : run.from
  return from < began + BEGIN ? [{ kind: 'begin', id: null, name: 'under_way', items: null }] : []
}

/** Midnight of a date in Shanghai. */
const startOfDay = (date: string): Instant => Date.parse(`${date}T00:00:00Z`) - SHANGHAI_OFFSET
