/**
 * `memory:` keeps readings in the process that writes and forgets them when it ends; the journal fills it again at the next start.
 * For tests and trials. A reader elsewhere gets everything through the open minutes.
 */
import type { Instant } from '#domain/time.ts'
import { BucketGrid, checkRange } from './buckets.ts'
import {
  checkSeries,
  readingFault,
  seriesFault,
  type Historian,
  type HistorianReader,
  type OpenMinutes,
  type Point,
  type Reading,
  type Refused,
  type Series,
  type WriteResult,
} from './historian.ts'

const keyOf = (series: Series): string => `${series.firm}/${series.machine}:${series.measure}`
const OK: WriteResult = { ok: true, refused: [] }

/** A historian that forgets. */
export function openMemory(): Historian {
  const bySeries = new Map<string, Map<Instant, number>>()
  let cursor = 0

  const take = (reading: Reading): string | null => {
    const fault = seriesFault(reading.series) ?? readingFault(reading.ts, reading.value)
    if (fault) return fault
    const key = keyOf(reading.series)
    const points = bySeries.get(key) ?? new Map<Instant, number>()
    bySeries.set(key, points.set(reading.ts, reading.value))
    return null
  }

  return {
    name: 'memory',
    keepsMs: null,
    write(readings, commit) {
      const refused: Refused[] = []
      for (const reading of readings) {
        const why = take(reading)
        if (why) refused.push({ reading, why })
      }
      cursor = Math.max(cursor, commit)
      return Promise.resolve({ ok: true, refused })
    },
    tick: () => Promise.resolve(OK),
    cursor: () => Promise.resolve(cursor),
    flush: () => Promise.resolve(OK),
    openReadings(series, from, to) {
      const points: Point[] = []
      for (const [ts, value] of bySeries.get(keyOf(series)) ?? [])
        if (ts >= from && ts < to) points.push({ ts, value })
      return points.toSorted((a, b) => a.ts - b.ts)
    },
    probe: () => Promise.resolve({ ok: true }),
    close: () => Promise.resolve(),
  }
}

/** Reads what the writing process holds. */
export function openMemoryReader(openMinutes: OpenMinutes): HistorianReader {
  return {
    async raw(series, from, to, limit) {
      checkSeries(series)
      checkRange(from, to, limit)
      if (to <= from || limit < 1) return []
      return (await openMinutes(series, from, to)).slice(-limit)
    },
    async buckets(series, from, to, stepMs) {
      checkSeries(series)
      const grid = new BucketGrid(from, to, stepMs)
      if (grid.empty) return []
      for (const { ts, value } of await openMinutes(series, grid.from, grid.to)) grid.add(ts, value)
      return grid.buckets()
    },
    close: () => Promise.resolve(),
  }
}
