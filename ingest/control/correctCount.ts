/** `correct.count`: pieces that were counted too few or too many at an instant, where a register counts and where events do. */
import { CorrectCount } from '#contract/correct.ts'
import type { CountCorrection } from '#domain/accounting/facts.ts'
import { toMilli } from '#domain/accounting/drivers.ts'
import { panesOf } from '#domain/accounting/machinePanes.ts'
import { keyOf, QUARTER, type Amounts, type Pane } from '#domain/accounting/pane.ts'
import type { CorrectedPieces } from '#store/ledger/changes.ts'
import { factsOf } from '../facts.ts'
import type { Firm } from '../firm.ts'
import { instantFault, isRefused, type Effect, type Kind } from './correct.ts'
import { refused, type Refused } from './deed.ts'

export const count: Kind<CorrectCount, 'count'> = {
  kind: 'count',
  schema: CorrectCount,

  draft: (firm, machine, { ts, piece, qty, order, product, operation }, entry) => {
    const fault = instantFault(firm, ts, entry)
    if (fault) return fault
    if (machine.meter) return refused('bad_body', 'a meter counts no pieces')
    const named = { ...(order && { order }), ...(product && { product }), ...(operation && { operation }) }
    const parts = [{ machine: machine.path, ts, piece, milli: toMilli(qty), ...named }]
    if (parts[0]!.milli === 0) return refused('bad_body', 'qty: less than a thousandth')
    const effect = effectOf(firm, parts)
    if (isRefused(effect)) return effect
    return { ok: true, from: ts, to: ts, body: { kind: 'count', parts }, ...effect }
  },

  undone: (firm, _machine, { id, body }) =>
    body.kind === 'count' ? withoutParts(firm, id, body.parts) : refused('not_found', 'no count'),
}

/** To take parts back is to add their opposite: what is left must not be less than nothing either. */
export const withoutParts = (firm: Firm, id: number, parts: readonly CorrectedPieces[]): Effect | Refused =>
  effectOf(firm, parts, id)

/** Pieces of a quarter-hour under one order and product. */
type Counted = Pick<Pane, 'machine' | 'start' | 'order' | 'product'> & {
  readonly piece: CountCorrection['piece']
  /** Milli-pieces by operation. */
  readonly milli: Amounts
}

/** What parts change in their quarter-hours; `gone`: the correction that they are taken out with. */
export function effectOf(
  firm: Firm,
  parts: readonly CorrectedPieces[],
  gone: number | null = null,
): Effect | Refused {
  const old: Counted[] = []
  const now: Counted[] = []
  for (const [, own] of Map.groupBy(parts, ({ machine, ts }) => `${machine} ${Math.floor(ts / QUARTER)}`)) {
    const made = quarter(firm, own, gone)
    if (made === null) return refused('not_found', `the plant has no machine ${own[0]!.machine}`)
    for (const piece of new Set(own.map((part) => part.piece)))
      for (const pane of made.after) {
        const before = made.before.find((one) => keyOf(one) === keyOf(pane))
        const { machine, start, order, product } = pane
        const [was, is] = [before?.[piece] ?? {}, pane[piece]]
        if (JSON.stringify(was) === JSON.stringify(is)) continue
        const worse = Object.entries(is).find(
          ([operation, milli]) => milli < 0 && milli < (was[operation] ?? 0),
        )
        if (worse) return refused('below_zero', `${piece} of ${order ?? 'no order'}: ${worse[1] / 1000}`)
        old.push({ machine, start, order, product, piece, milli: { ...was } })
        now.push({ machine, start, order, product, piece, milli: { ...is } })
      }
  }
  const touches = parts.map(({ machine, ts }) => {
    const own = { from: ts, to: ts }
    return { machine, span: own, own }
  })
  return { old, new: now, touches }
}

/** The panes of a quarter-hour without and with parts that fall into it. */
function quarter(firm: Firm, parts: readonly CorrectedPieces[], gone: number | null) {
  const [{ machine, ts }] = parts as readonly [CorrectedPieces]
  const day = firm.almanac.at(ts)
  const terms = firm.almanac.termsOf(day, machine)
  if (!terms) return null
  const start = Math.floor(ts / QUARTER) * QUARTER
  const span = { from: Math.max(start, day.from), to: Math.min(start + QUARTER, day.to) }
  const facts = factsOf(firm, terms.machine, span)
  const { overrides = [], causes = [], counts = [] } = facts.corrections ?? {}
  const panes = (all: readonly CountCorrection[]) =>
    panesOf(terms, { ...facts, corrections: { overrides, causes, counts: all } }, span, QUARTER)
  const standing = counts.filter((one) => !('id' in one && one.id === gone))
  return { before: panes(counts), after: panes(gone === null ? [...counts, ...parts] : standing) }
}
