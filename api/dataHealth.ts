/** How good a firm's data are: the balance of counts, coverage of states, journal and stores. */
import type { z } from 'zod'
import type { DataHealth } from '#contract/rest.ts'
import { DAY, MINUTE, type Instant } from '#domain/time.ts'
import type { StateSegment } from '#store/ledger/ledger.ts'
import type { Ports } from './ports.ts'

const CELL = 15 * MINUTE

/** Null when a neighbour that must be asked does not answer. */
export async function dataHealth(ports: Ports, firm: string): Promise<z.infer<typeof DataHealth> | null> {
  const asked = await Promise.all([
    ports.ingest.counts(firm),
    ports.ingest.status(),
    ports.broker.status(),
  ]).catch((error: unknown) => {
    ports.log.warn({ err: error }, 'data health could not be read')
    return null
  })
  if (!asked) return null
  const [counts, pipeline, broker] = asked
  const now = ports.now()
  const head = broker.journal.firms.find((one) => one.firm === firm)
  const { blocked, damage } = broker.journal
  return {
    at: now,
    counts: {
      entries: counts.entries,
      items: counts.items,
      flags: { ...counts.flags },
      gaps: counts.gaps,
      quarantine: { ...counts.quarantine },
    },
    latency: counts.latency ?? { p50: null, p95: null, p99: null },
    skew: counts.skew ?? { maxMs: 0, machine: null },
    coverage: coverage(ports, firm, now),
    // Only this firm's: how much others are refused is not this firm's business.
    denied: { total: broker.denied.topics.filter(({ topic }) => topic.split('/')[1] === firm).length },
    journal: {
      offset: head?.offset ?? 0,
      hash: head?.hash ?? '',
      ok: blocked === null && damage.length === 0,
      why: blocked?.reason ?? (damage.length > 0 ? `${damage.length} damaged batches, set aside` : null),
      freeShare: ports.freeShare(),
    },
    historian: {
      name: pipeline.historian.name,
      ok: pipeline.historian.ok,
      why: pipeline.historian.why,
      lag: pipeline.historian.lag,
    },
    ledger: { lag: pipeline.lag, cursor: ports.ledgers.of(firm)?.head().cursor ?? 0 },
  }
}

function coverage(ports: Ports, firm: string, now: Instant) {
  const ledger = ports.ledgers.of(firm)
  const machines = ledger?.plant()?.plant.machines ?? []
  const from = Math.floor((now - DAY) / CELL) * CELL
  return machines.map(({ path }) => ({
    machine: path,
    from,
    cells: coverageCells(ledger?.states(path, from, now) ?? [], from, now),
  }))
}

/**
 * Share of each quarter hour from `from` on for which the state was known, 0..1. Null before the machine was first heard of: nothing
 * was due. The last cell counts up to `now` only.
 */
export function coverageCells(
  segments: readonly StateSegment[],
  from: Instant,
  now: Instant,
): (number | null)[] {
  const cells: (number | null)[] = []
  const first = segments[0]?.from ?? now
  for (let start = from; start < now; start += CELL) {
    const end = Math.min(start + CELL, now)
    const due = end - Math.max(start, first)
    if (due <= 0) {
      cells.push(null)
      continue
    }
    let known = 0
    for (const segment of segments)
      if (segment.state !== 'UNKNOWN')
        known += Math.max(0, Math.min(segment.to, end) - Math.max(segment.from, start))
    cells.push(Math.min(1, known / due))
  }
  return cells
}
