/** The embedded historian on a disk that is cut, flipped or full, and under questions that mean harm. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import readline from 'node:readline'
import { describe, expect, test } from 'vitest'
import { DAY, MINUTE, SECOND } from '#domain/time.ts'
import { openHistorian, openHistorianReader } from '#store/historian/open.ts'
import type { Reading, Series } from '#store/historian/historian.ts'
import { at, SERIES } from './historian.contract.ts'
import { rememberingLog, silentLog } from './historian.log.ts'
import { tempDir } from './historian.temp.ts'

const T0 = Date.UTC(2026, 10, 24, 2, 0, 0)
const JINWAN: Series = { ...SERIES, firm: 'jinwan' }
const noOpenMinutes = () => Promise.resolve([])
const points = Array.from({ length: 6000 }, (_, i) => ({ ts: T0 + i * SECOND, value: Math.sin(i) }))

async function filled(): Promise<string> {
  const dir = tempDir()
  const historian = await openHistorian('sqlite:', { dir, log: silentLog })
  await historian.write([...at(points), ...at(points.slice(0, 10), JINWAN)], 7)
  await historian.close()
  return dir
}
const rawOf = async (dir: string, series: Series = SERIES, log = silentLog) => {
  const reader = await openHistorianReader('sqlite:', { dir, openMinutes: noOpenMinutes, log })
  const found = await reader.raw(series, T0, T0 + DAY, 1e6)
  await reader.close()
  return found
}

describe('F7 a damaged file', () => {
  const damages: [string, (file: string) => void][] = [
    [
      'cut in the middle',
      (file) => fs.truncateSync(file, Math.floor(fs.statSync(file).size / 2048) * 1024 + 100),
    ],
    ['cut to nothing', (file) => fs.truncateSync(file, 0)],
    ['flipped in its first bytes', (file) => overwrite(file, 0, 50)],
    [
      'flipped in a page of readings',
      (file) => overwrite(file, Math.floor(fs.statSync(file).size / 2048) * 1024, 8),
    ],
  ]
  test.each(damages)(
    'F7 %s: starts, names it, keeps what can be read, refills the rest',
    async (_name, damage) => {
      const dir = await filled()
      damage(path.join(dir, 'tongda.db'))
      const { log, lines } = rememberingLog()
      const historian = await openHistorian('sqlite:', { dir, log })
      expect(await historian.cursor()).toBe(0)
      expect(lines).toHaveLength(1)
      expect(lines[0]).toMatchObject({
        level: 50,
        file: path.join(dir, 'tongda.db'),
        why: expect.any(String),
      })
      expect(fs.existsSync(lines[0]!['aside'] as string)).toBe(true)
      const known = new Set(points.map(({ ts, value }) => `${ts} ${value}`))
      const kept = await rawOf(dir)
      expect(kept.every(({ ts, value }) => known.has(`${ts} ${value}`))).toBe(true)
      expect(await rawOf(dir, JINWAN)).toStrictEqual(points.slice(0, 10))
      expect((await historian.write(at(points), 7)).ok).toBe(true)
      await historian.close()
      expect(await rawOf(dir)).toStrictEqual(points)
      const again = await openHistorian('sqlite:', { dir, log })
      expect(await again.cursor()).toBe(7)
      expect(lines).toHaveLength(1)
      await again.close()
      fs.rmSync(dir, { recursive: true })
    },
  )

  test('F7 most readings outlive a flipped page', async () => {
    const dir = await filled()
    const file = path.join(dir, 'tongda.db')
    overwrite(file, Math.floor(fs.statSync(file).size / 2048) * 1024, 8)
    const historian = await openHistorian('sqlite:', { dir, log: silentLog })
    expect((await rawOf(dir)).length).toBeGreaterThan(points.length * 0.9)
    await historian.close()
    fs.rmSync(dir, { recursive: true })
  })

  test('F7 a flipped bit inside one minute costs that minute, and is said', async () => {
    const dir = await filled()
    const file = path.join(dir, 'tongda.db')
    const db = new DatabaseSync(file, { readOnly: true })
    const { chunk } = db.prepare('SELECT chunk FROM minute LIMIT 1 OFFSET 40').get() as { chunk: Uint8Array }
    db.close()
    const place = fs.readFileSync(file).indexOf(chunk)
    expect(place).toBeGreaterThan(0)
    overwrite(file, place + 20, 1)
    const { log, lines } = rememberingLog()
    expect(await rawOf(dir, SERIES, log)).toStrictEqual(
      points.filter(({ ts }) => Math.floor((ts - T0) / MINUTE) !== 40),
    )
    expect(lines).toMatchObject([{ level: 50, series: SERIES, minute: T0 / MINUTE + 40 }])
    // Written again it is whole again.
    const historian = await openHistorian('sqlite:', { dir, log })
    await historian.write(at(points.slice(2400, 2460)), 8)
    await historian.close()
    expect(await rawOf(dir)).toStrictEqual(points)
    fs.rmSync(dir, { recursive: true })
  })

  test('F7 a log cut short loses no more than its last commits, and the cursor says so', async () => {
    const dir = tempDir()
    const script = path.join(import.meta.dirname, 'historian.child.ts')
    const child = spawnSync(process.execPath, [script, 'sqlite:', dir, '100', '150'])
    expect(child.signal).toBe('SIGKILL')
    const wal = path.join(dir, 'tongda.db-wal')
    fs.truncateSync(wal, fs.statSync(wal).size - 700)
    const historian = await openHistorian('sqlite:', { dir, log: silentLog })
    const cursor = await historian.cursor()
    expect(cursor).toBeGreaterThan(0)
    expect(cursor).toBeLessThan(75)
    await historian.close()
    fs.rmSync(dir, { recursive: true })
  })
})

function overwrite(file: string, offset: number, length: number): void {
  const opened = fs.openSync(file, 'r+')
  const bytes = Buffer.alloc(length)
  fs.readSync(opened, bytes, 0, length, offset)
  for (let i = 0; i < length; i++) bytes[i]! ^= 0xff
  fs.writeSync(opened, bytes, 0, length, offset)
  fs.closeSync(opened)
}

test('F6 a full disk: unavailable, then it goes on by itself when there is room', async () => {
  const dir = tempDir()
  // A soft limit on the size of files stands for the disk: the kernel refuses to write on, and it can be lifted from outside.
  const script = path.join(import.meta.dirname, 'historian.full.ts')
  const child = spawn('bash', ['-c', `ulimit -S -f 400; exec "$0" "$@"`, process.execPath, script, dir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  try {
    const told = linesOf(child)
    const full = await told('unavailable')
    expect(full['why']).toMatch(/cannot be written/)
    expect(full['probe']).toMatchObject({ ok: false })
    expect(full['cursor']).toBeLessThan(full['commit'] as number)
    spawnSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited:unlimited'])
    const done = await told('done')
    expect(done).toMatchObject({ cursor: done['commit'], count: done['written'], probe: { ok: true } })
  } finally {
    child.kill('SIGKILL')
    fs.rmSync(dir, { recursive: true })
  }
})

function linesOf(child: ChildProcess): (kind: string) => Promise<Record<string, unknown>> {
  const lines: Record<string, unknown>[] = []
  const reader = readline.createInterface({ input: child.stdout! })
  reader.on('line', (line) => lines.push(JSON.parse(line) as Record<string, unknown>))
  return async (kind) => {
    for (;;) {
      const found = lines.find((line) => line['kind'] === kind)
      if (found) return found
      await once(reader, 'line')
    }
  }
}

test('T16 the same hundred readings three times leave the store unchanged', async () => {
  const dir = tempDir()
  const historian = await openHistorian('sqlite:', { dir, log: silentLog })
  const readings: Reading[] = at(points.slice(0, 100))
  for (let times = 1; times <= 3; times++) {
    await historian.write(readings, times)
    await historian.flush()
    expect(await rawOf(dir)).toStrictEqual(points.slice(0, 100))
  }
  await historian.close()
  fs.rmSync(dir, { recursive: true })
})
