import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { OperatorError } from '#runtime/process.ts'
import { openHistorian, openHistorianReader } from '#store/historian/open.ts'
import { historianContract } from './historian.contract.ts'
import { silentLog } from './historian.log.ts'
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

test.each(['', 'sqlite', 'sqlite:/tmp/x', 'memory:1', 'influx:10.0.0.5', 'mysql://x', 'influx1://', '🙂'])(
  'a faulty store %j is refused with what to write instead',
  async (store) => {
    const dir = path.join(os.tmpdir(), 'never-made')
    const opened = openHistorian(store, { dir, log: silentLog })
    await expect(opened).rejects.toThrow(OperatorError)
    await expect(opened).rejects.toThrow(/write .*(sqlite:|memory:|influx1:)/)
    const reader = openHistorianReader(store, { dir, openMinutes: () => Promise.resolve([]) })
    await expect(reader).rejects.toThrow(OperatorError)
  },
)
