/** A day made again from its raw messages while live data go on. */
import { expect, test } from 'vitest'
import type { Pane } from '#domain/accounting/pane.ts'
import { HOUR, MINUTE } from '#domain/time.ts'
import { ledgerFile } from '#store/ledger/file.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import { recomputeDay } from '../../ingest/recompute.ts'
import { replacePanes } from '../../ingest/settle.ts'
import { caughtUp, FIRM, listReader, newFolder, startIngest } from '../pipelineCase.ts'
import { at, begun, teller, ticks } from './minimumPlant.ts'

const DATE = '2026-03-12'
const METER = 'main/shop/l1/meter-01'

test('what settled anew meanwhile stands; the shift is told as open', async () => {
  const dir = newFolder()
  const reader = listReader([
    ...begun(at(12, 7)),
    ...teller()(12, at(13, 8) + MINUTE),
    ...ticks(at(13, 8) + 2 * MINUTE, 2 * HOUR),
  ])
  const running = await startIngest(dir, { reader })
  await caughtUp(running)
  const firm = running.intake.firms.get(FIRM)!
  const revisions = () => [0, null].map((shift) => firm.settledOf(DATE, shift)?.revision)
  expect(revisions()).toEqual([0, 0])
  const ledger = openLedgerReader(ledgerFile(dir, FIRM))
  const panes = ledger.panes(METER, at(12, 8), at(13, 8))
  ledger.close()
  // a late reading of the first hour comes in while the day is made again
  const first = panes.findIndex(({ shift }) => shift === 0)
  const late = panes.map((pane, i): Pane => (i === first ? { ...pane, uncertain: pane.uncertain + 1 } : pane))
  const made = recomputeDay(running.intake, firm, DATE)
  const moved = replacePanes(firm, firm.almanac.day(DATE), [0], new Map([[METER, late]]), 'late_data')
  expect(moved).toEqual([0])
  expect(await made).toMatchObject({ open: [0], revised: [] })
  expect(revisions()).toEqual([1, 0])
  // asked again, it is made good
  expect(await recomputeDay(running.intake, firm, DATE)).toMatchObject({ open: [], revised: [0] })
  expect(revisions()).toEqual([2, 0])
  await running.stop()
})
