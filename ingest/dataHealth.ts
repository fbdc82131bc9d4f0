/** What ingest knows of the health of a firm's data: balance, latency, skew, coverage of machine states, how far the stores are. */
import type { Counts } from '#contract/live.ts'
import type { FirmHealth } from '#contract/local.ts'
import { SHANGHAI_OFFSET, DAY, MINUTE, type Instant, type Millis } from '#domain/time.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import type { StateSegment } from '#store/ledger/ledger.ts'
import { showCounts } from './counts.ts'
import type { Firm } from './firm.ts'
import type { Intake } from './intake.ts'

const CELL: Millis = 15 * MINUTE

export function countsOf(intake: Intake, firm: Firm): Counts {
  const head = intake.reader.heads().find((known) => known.firm === firm.name)
  return showCounts(firm.tally, head?.offset ?? 0, firm.offset, firm.quarantine.byReason())
}

/** Answers GET /health-data. `historian` is the store's name. */
export function dataHealth(intake: Intake, firm: Firm, historian: string, now: Instant): FirmHealth {
  const { ok, why } = intake.feed.state
  return {
    at: now,
    counts: countsOf(intake, firm),
    ...intake.latency.lastHour(firm.name, now),
    coverage: coverage(firm, now),
    historian: { name: historian, ok, why, lag: intake.feed.lag, aged: firm.tally.aged },
    ledger: { lag: intake.lag, cursor: firm.ledger.head().cursor },
  }
}

/** Share of each quarter hour of the last 24 h in which the state was known; null before the machine was ever heard, and ahead of now. */
function coverage(firm: Firm, now: Instant): FirmHealth['coverage'] {
  const end = Math.ceil((now + SHANGHAI_OFFSET) / CELL) * CELL - SHANGHAI_OFFSET
  const from = end - DAY
  const reader = openLedgerReader(firm.ledger.file)
  try {
    return (firm.plant?.plant.machines ?? []).map(({ path }) => ({
      machine: path,
      from,
      cells: cellsOf(reader.heard(path, from, now), from, now),
    }))
  } finally {
    reader.close()
  }
}

function cellsOf(segments: readonly StateSegment[], from: Instant, now: Instant): (number | null)[] {
  const known = new Float64Array(DAY / CELL)
  const due = new Float64Array(DAY / CELL)
  for (const segment of segments)
    for (let cell = Math.floor((segment.from - from) / CELL); cell < known.length; cell++) {
      const start = Math.max(segment.from, from + cell * CELL)
      const length = Math.min(segment.to, from + (cell + 1) * CELL, now) - start
      if (length <= 0) break
      due[cell]! += length
      if (segment.state !== 'UNKNOWN') known[cell]! += length
    }
  return Array.from(due, (length, cell) =>
    length > 0 ? Math.round((known[cell]! / length) * 1000) / 1000 : null,
  )
}
