/** Events for one day after another: what is kept from day to day never differs from what the ledger holds. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EventHeard } from '#domain/accounting/facts.ts'
import { DAY, HOUR } from '#domain/time.ts'
import { eventsOf, noteEvent } from '../../ingest/eventsHeard.ts'
import { Firm } from '../../ingest/firm.ts'

const M = 'site/area/line/m1'
const TYPES = ['order_start', 'order_end', 'maintenance', 'meter_swap', 'test_result', 'heat'] as const
const newFirm = () => new Firm(fs.mkdtempSync(path.join(os.tmpdir(), 'baiyuan-heard-')), 'a')

function happen(firm: Firm, type: string, ts: number, seq: number, corrects: boolean): void {
  const row = { machine: M, ts, boot: 'b', seq, type, fields: `{"n":${seq}}`, offset: 1, corrects }
  firm.pending.machineEvents.push(row)
  noteEvent(firm, firm.machine(M), type, ts)
}

const inOrder = (events: readonly EventHeard[]): string[] =>
  events.map(({ boot, item }) => JSON.stringify([item.ts, boot, item.seq, item.type])).toSorted()

const days = fc.integer({ min: 40, max: 60 })
const step = fc.oneof(
  fc.record({
    type: fc.constantFrom(...TYPES),
    day: fc.integer({ min: 0, max: 60 }),
    hour: fc.nat(23),
    seq: fc.nat(40),
    corrects: fc.boolean(),
  }),
  fc.constant('commit' as const),
  days,
)

/** Stored events that were not told; `all`: everything told, where all of it is stored. */
type Answer = { missing: string[]; all: string[] | null }

test('asked day by day while events come and are stored, the same events are told as by a firm that was just opened', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 40 }), (steps) => {
      const kept = newFirm()
      const told: [type: string, ts: number, seq: number, corrects: boolean][] = []
      const seen = new Set<number>()
      const [answers, expected]: [Answer[], Answer[]] = [[], []]
      for (const one of steps) {
        if (one === 'commit') kept.commit()
        else if (typeof one === 'number') {
          const span = { from: one * DAY, to: (one + 1) * DAY }
          const read = { from: span.from - 3 * DAY, to: span.to + 2 * DAY }
          const other = newFirm()
          for (const args of told) happen(other, ...args)
          other.commit()
          const stored = inOrder(eventsOf(other, M, span, read))
          const found = inOrder(eventsOf(kept, M, span, read))
          // of what is not stored yet more may be told than has a say
          const isStored = kept.fresh('machineEvents', M).length === 0
          answers.push({
            missing: stored.filter((event) => !found.includes(event)),
            all: isStored ? found : null,
          })
          expected.push({ missing: [], all: isStored ? stored : null })
          other.close()
        } else if (one.corrects === seen.has(one.seq)) {
          // a seq comes once, and again only to take the place of the first
          if (one.corrects) kept.commit()
          seen.add(one.seq)
          told.push([one.type, one.day * DAY + one.hour * HOUR, one.seq, one.corrects])
          happen(kept, ...told.at(-1)!)
        }
      }
      kept.close()
      expect(answers).toEqual(expected)
    }),
    { numRuns: 6 },
  )
})
