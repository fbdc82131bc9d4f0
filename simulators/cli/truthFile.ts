/**
 * The truth of a run as JSON lines `{name, scope, from, to, value, unit, reason}`: of the whole interval, and of every production day and
 * shift that lies in it, for the plant and each of its machines and meters.
 */
import fs from 'node:fs'
import type { Plant } from '#domain/plant/plant.ts'
import { DAY, MINUTE, SHANGHAI_OFFSET, type Instant } from '#domain/time.ts'
import type { Life } from '../life.ts'
import { truthRows } from '../truthRows.ts'

type Window = { readonly from: Instant; readonly to: Instant }

/** The interval itself first, then days and shifts in order of time, those that lie in it wholly. */
export function windowsOf({ shifts }: Plant, { from, to }: Window): Window[] {
  const out = new Map<string, Window>()
  const put = (window: Window) => {
    if (window.from >= from && window.to <= to) out.set(`${window.from} ${window.to}`, window)
  }
  put({ from, to })
  const first = shifts[0]?.start ?? 0
  const midnight = Math.floor((from + SHANGHAI_OFFSET) / DAY) * DAY - SHANGHAI_OFFSET
  for (let day = midnight - DAY; day < to; day += DAY) {
    const start = day + first * MINUTE
    put({ from: start, to: start + DAY })
    for (const shift of shifts) put({ from: day + shift.start * MINUTE, to: day + shift.end * MINUTE })
  }
  return [...out.values()]
}

/** Writes the file anew and returns how many rows it has. Throws the file system's error. */
export function writeTruth(file: string, plant: Plant, life: Life, interval: Window): number {
  const fd = fs.openSync(file, 'w', 0o600)
  let rows = 0
  try {
    for (const { from, to } of windowsOf(plant, interval))
      for (const scope of ['plant', 'machines']) {
        const found = truthRows(plant, life, scope, from, to) ?? []
        rows += found.length
        if (found.length > 0) fs.writeSync(fd, `${found.map((row) => JSON.stringify(row)).join('\n')}\n`)
      }
  } finally {
    fs.closeSync(fd)
  }
  return rows
}
