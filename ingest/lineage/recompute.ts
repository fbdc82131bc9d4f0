/**
 * Panes of a machine made again from the raw messages, beside those that the ledger has. Nothing is stored. It goes an hour at a time and
 * lets the pipeline work in between, so that no question holds up what comes in; each hour is compared as of one moment.
 */
import { createHash } from 'node:crypto'
import { setImmediate as breathe } from 'node:timers/promises'
import type { MissingEvidence, PaneDifference, RecomputedPanes } from '#contract/local.ts'
import { panesOf } from '#domain/accounting/machinePanes.ts'
import { byKey, GROUPS, keyOf, SCALARS, type Pane } from '#domain/accounting/pane.ts'
import { encodePanes } from '#domain/accounting/paneText.ts'
import type { JournalReader } from '#store/journal/journal.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import type { Firm } from '../firm.ts'
import type { MachineMemory } from '../machine.ts'
import { Evidence } from './evidence.ts'
import { rawFactsOf } from './rawFacts.ts'
import { stretchesOf, type Asked } from './stretches.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The panes of a window that `windowOf` found good, with every difference and missing row. */
export async function recomputePanes(
  reader: JournalReader,
  firm: Firm,
  machine: MachineMemory,
  asked: Asked,
): Promise<RecomputedPanes> {
  const evidence = new Evidence(firm, reader)
  const ledger = openLedgerReader(firm.ledger.file)
  const panes: Pane[] = []
  const stored: Pane[] = []
  const messages = new Set<number>()
  const missing = new Map<string, MissingEvidence>()
  let settled = false
  try {
    for (const stretch of stretchesOf(firm, machine, asked, ledger)) {
      const raw = rawFactsOf(evidence, firm, stretch.terms.machine, stretch)
      panes.push(...panesOf(stretch.terms, raw.facts, stretch, asked.length))
      stored.push(...stretch.shown)
      for (const offset of raw.messages) messages.add(offset)
      for (const one of raw.missing) missing.set(JSON.stringify(one), one)
      settled ||= stretch.settled
      await breathe()
    }
  } finally {
    ledger.close()
  }
  const [hash, storedHash] = [sha256(encodePanes(panes)), sha256(encodePanes(stored))]
  return {
    machine: machine.path,
    length: asked.length,
    panes: panes.toSorted(byKey),
    stored: stored.toSorted(byKey),
    hash,
    storedHash,
    equal: hash === storedHash,
    differences: hash === storedHash ? [] : differencesOf(stored, panes),
    settled,
    messages: messages.size,
    missing: [...missing.values()],
  }
}

/** Number by number, in the order of the panes. */
export function differencesOf(stored: readonly Pane[], recomputed: readonly Pane[]): PaneDifference[] {
  const was = new Map(stored.map((pane) => [keyOf(pane), pane]))
  const is = new Map(recomputed.map((pane) => [keyOf(pane), pane]))
  const all = new Map([...was, ...is])
  return [...all.values()].toSorted(byKey).flatMap((pane) => {
    const [a, b] = [numbersOf(was.get(keyOf(pane))), numbersOf(is.get(keyOf(pane)))]
    const { machine, start, shift, order, product } = pane
    return [...new Set([...a.keys(), ...b.keys()])].toSorted().flatMap((what) => {
      const [before, now] = [a.get(what) ?? absent(a), b.get(what) ?? absent(b)]
      if (before === now) return []
      return [{ machine, start, shift, order, product, what, stored: before, recomputed: now }]
    })
  })
}

/** What a pane does not name is 0; a pane that is not there has no numbers. */
const absent = (numbers: ReadonlyMap<string, number>): number | null => (numbers.size === 0 ? null : 0)

function numbersOf(pane: Pane | undefined): Map<string, number> {
  const out = new Map<string, number>()
  if (!pane) return out
  for (const scalar of [...SCALARS, 'flags'] as const) out.set(scalar, pane[scalar])
  for (const group of GROUPS)
    for (const [name, value] of Object.entries(pane[group])) out.set(`${group}.${name}`, value)
  return out
}
