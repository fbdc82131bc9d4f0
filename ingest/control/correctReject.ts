/**
 * `correct.reject`: pieces that were counted good on a machine and found bad later. The good count is taken back in its own window, found
 * by serial, else first in first out by product, and scrap is posted where they were found (accounting.md 7). Which windows these are is
 * decided once, by what the ledger knows at this place of the journal, and kept in the correction.
 */
import { CorrectReject } from '#contract/correct.ts'
import { toMilli } from '#domain/accounting/drivers.ts'
import { panesOf } from '#domain/accounting/machinePanes.ts'
import { QUARTER, type Pane } from '#domain/accounting/pane.ts'
import { reversalsOf, type GoodWindow } from '#domain/accounting/scrap.ts'
import type { Machine } from '#domain/plant/plant.ts'
import { DAY, type Instant, type Millis } from '#domain/time.ts'
import { factsOf } from '../facts.ts'
import type { Firm } from '../firm.ts'
import { instantFault, isRefused, machineOf, type Kind } from './correct.ts'
import { effectOf, withoutParts } from './correctCount.ts'
import { refused } from './deed.ts'

/** How far back pieces found bad were counted good. */
const SEARCHED: Millis = 7 * DAY

export const reject: Kind<CorrectReject, 'reject'> = {
  kind: 'reject',
  schema: CorrectReject,

  draft: (firm, machine, asked, entry) => {
    const { ts, found = machine.path, product, operation, qty, order, serial } = asked
    const fault = instantFault(firm, ts, entry)
    if (fault) return fault
    if (!machineOf(firm, found)) return refused('not_found', `the plant has no machine ${found}`)
    const milli = toMilli(qty)
    if (milli === 0) return refused('bad_body', 'qty: less than a thousandth')
    const goods = goodBefore(firm, machine, ts).map(({ at, pane, serials }): GoodWindow => ({
      machine: pane.machine,
      ts: at,
      order: pane.order,
      product: pane.product ?? '',
      operation,
      milli: pane.good[operation] ?? 0,
      serials: pane.product === product ? serials : [],
    }))
    const late = { machine: found, ts, product, operation, milli, order, serial }
    const [reversal] = reversalsOf(goods, [late])
    if (reversal!.missing > 0)
      return refused('nothing_to_reverse', `fewer than ${qty} good pieces of ${product} in the 7 days before`)
    const parts = [...reversal!.good, ...reversal!.scrap]
    const effect = effectOf(firm, parts)
    if (isRefused(effect)) return effect
    const body = { kind: 'reject', product, serial: serial ?? null, parts } as const
    return { ok: true, from: Math.min(...parts.map((part) => part.ts)), to: ts, body, ...effect }
  },

  undone: (firm, _machine, { id, body }) =>
    body.kind === 'reject' ? withoutParts(firm, id, body.parts) : refused('not_found', 'no reject'),
}

/** A pane of a quarter-hour, an instant in it, and the valves that passed their test in it. */
type Window = { readonly at: Instant; readonly pane: Pane; readonly serials: readonly string[] }

/** What a machine counted good before an instant, the oldest first. */
function goodBefore(firm: Firm, machine: Machine, found: Instant): Window[] {
  const windows: Window[] = []
  for (let day = firm.almanac.at(found - SEARCHED); day.from < found; day = firm.almanac.dayAfter(day)) {
    const terms = firm.almanac.termsOf(day, machine.path)
    if (!terms || !firm.days.isKnown(day.from)) continue
    // a quarter-hour of two shifts is two windows
    for (const { from, to } of day.parts.flatMap(({ spans }) => spans)) {
      const span = { from, to: Math.min(to, found) }
      if (span.from >= span.to) continue
      const facts = factsOf(firm, terms.machine, span)
      const passed = facts.events.filter(
        ({ item }) => item.type === 'test_result' && item['result'] === 'pass',
      )
      for (const pane of panesOf(terms, facts, span, QUARTER)) {
        const end = pane.start + QUARTER
        const own = passed.filter(
          ({ item }) =>
            item.ts >= Math.max(pane.start, from) && item.ts < end && item['product'] === pane.product,
        )
        const serials = own.map(({ item }) => item['serial'] as string)
        windows.push({ at: Math.max(pane.start, from), pane, serials })
      }
    }
  }
  return windows.toSorted((a, b) => a.at - b.at)
}
