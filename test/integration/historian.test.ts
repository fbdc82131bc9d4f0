import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { OperatorError } from '#runtime/process.ts'
import { openHistorian, openHistorianReader } from '#store/historian/open.ts'
import { historianContract } from './historian.contract.ts'
import { rememberingLog, silentLog } from './historian.log.ts'
import { tempDir } from './historian.temp.ts'

describe.each([
  ['sqlite:', false],
  ['memory:', true],
])('%s', (store, forgets) => {
  historianContract(() => {
    const dir = tempDir()
    return { store, dir, forgets, end: () => fs.rmSync(dir, { recursive: true }) }
  })
})

test.each([
  '',
  'sqlite',
  'sqlite:/tmp/x',
  'memory:1',
  'influx:10.0.0.5',
  'mysql://x',
  'influx1://',
  'influx1://h:8086/a/b',
  'influx2://h:8086/org',
  'influx2://t@h:8086',
  'influx3://t@h:8181/org',
  '🙂',
])('a faulty store %j is refused with what to write instead', async (store) => {
  const dir = path.join(os.tmpdir(), 'never-made')
  const opened = openHistorian(store, { dir, log: silentLog })
  await expect(opened).rejects.toThrow(OperatorError)
  await expect(opened).rejects.toThrow(/write .*(sqlite:|memory:|influx[123]:)/)
  const reader = openHistorianReader(store, { dir, openMinutes: () => Promise.resolve([]) })
  await expect(reader).rejects.toThrow(OperatorError)
})

test.each(['influx1://u:p@127.0.0.1:9/plant', 'influx2://t@127.0.0.1:9/org', 'influx3://t@127.0.0.1:9'])(
  'a store that is down (%s) is no reason not to start, and its secret is told to nobody',
  async (store) => {
    const dir = tempDir()
    const { log, lines } = rememberingLog()
    const historian = await openHistorian(store, { dir, log })
    const reading = {
      series: { firm: 'tongda', machine: 'main/l1/m1', measure: 'power_kw' },
      ts: 1,
      value: 1,
    }
    const result = await historian.write([reading], 1)
    expect(result).toMatchObject({ ok: false, kind: 'unavailable' })
    expect(await historian.probe()).toMatchObject({ ok: false })
    expect(JSON.stringify([result, await historian.probe(), lines])).not.toMatch(/u:p|t@/)
    await historian.close()
    fs.rmSync(dir, { recursive: true })
  },
)
