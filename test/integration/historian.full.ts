/** A process that writes minutes to a historian until its disk is full, says so, and goes on once there is room. */
import { setTimeout as sleep } from 'node:timers/promises'
import { MINUTE } from '#domain/time.ts'
import { openHistorian, openHistorianReader } from '#store/historian/open.ts'
import { silentLog } from './historian.log.ts'

const dir = process.argv[2]!
const START = Date.UTC(2026, 10, 24, 2, 0, 0)
const MINUTES = 60
const series = Array.from({ length: 20 }, (_, i) => ({
  firm: 'tongda',
  machine: `main/l1/m${i}`,
  measure: 'power_kw',
}))
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)

const historian = await openHistorian('sqlite:', { dir, log: silentLog })
let written = 0
let told = false
for (let minute = 1; minute <= MINUTES; minute++) {
  const readings = series.flatMap((one, i) =>
    Array.from({ length: 30 }, (_, k) => ({
      series: one,
      ts: START + minute * MINUTE + k * 2000,
      value: Math.sin(i * k + minute),
    })),
  )
  for (const work of [
    () => historian.write(readings, minute),
    () => historian.tick(START + (minute + 1) * MINUTE),
  ]) {
    for (let result = await work(); !result.ok; result = await work()) {
      if (!told) {
        const { why } = result
        say({
          kind: 'unavailable',
          why,
          commit: minute,
          cursor: await historian.cursor(),
          probe: await historian.probe(),
        })
      }
      told = true
      await sleep(50)
    }
  }
  written += readings.length
}
await historian.flush()
const openMinutes = () => Promise.resolve([])
const reader = await openHistorianReader('sqlite:', { dir, openMinutes })
let count = 0
for (const one of series) count += (await reader.raw(one, START, START + 1000 * MINUTE, 1e6)).length
say({
  kind: 'done',
  commit: MINUTES,
  cursor: await historian.cursor(),
  written,
  count,
  probe: await historian.probe(),
})
await historian.close()
