/** What a store over HTTP can answer, and what must follow: nothing lost, nothing double, nothing retried blindly. */
import fs from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SECOND } from '#domain/time.ts'
import { openHistorian } from '#store/historian/open.ts'
import type { Historian } from '#store/historian/historian.ts'
import { at } from './historian.contract.ts'
import { fakeServer, type Answer, type FakeServer } from './historian.fakeServer.ts'
import { rememberingLog } from './historian.log.ts'
import { tempDir } from './historian.temp.ts'

const T0 = Date.UTC(2026, 10, 24, 2, 0, 0)
const readings = at(Array.from({ length: 100 }, (_, i) => ({ ts: T0 + i * SECOND, value: i + 0.5 })))
/** The proof of the first write asks for the last reading by its ts. */
const tsOf = (line: string) => Number(line.slice(line.lastIndexOf(' ') + 1))
/** For answers that never come. */
const SHORT_MS = 300
const PATIENT = { timeout: 10_000 }
const tooLarge = (lines: readonly string[]): Answer | null => (lines.length > 20 ? { status: 413 } : null)

function expectAllStoredOnce(server: FakeServer): void {
  expect([...server.lines].map(tsOf).toSorted((a, b) => a - b)).toStrictEqual(readings.map(({ ts }) => ts))
}

test('F5 204 without effect is found out by looking', async () => {
  const server = await fakeServer()
  const dir = tempDir()
  const historian = await openHistorian(`influx1://127.0.0.1:${server.port}`, {
    dir,
    log: rememberingLog().log,
  })
  server.answer = [() => ({ status: 204 }), () => ({ status: 204 })]
  expect(await historian.write(readings, 1)).toMatchObject({
    ok: false,
    kind: 'denied',
    why: expect.stringContaining('does not have it'),
  })
  expect((await historian.probe()).ok).toBe(false)
  expect((await historian.write(readings, 1)).ok).toBe(false)
  expect(await historian.cursor()).toBe(0)
  expect((await historian.write(readings, 1)).ok).toBe(true)
  expectAllStoredOnce(server)
  await historian.close()
  await server.close()
  fs.rmSync(dir, { recursive: true })
})

describe.each([
  ['influx1', (port: number) => `influx1://127.0.0.1:${port}`],
  ['influx2', (port: number) => `influx2://t0ken@127.0.0.1:${port}/org`],
  ['influx3', (port: number) => `influx3://t0ken@127.0.0.1:${port}`],
])('%s', (_name, storeOf) => {
  let server: FakeServer
  let dir: string
  let historian: Historian
  let log: ReturnType<typeof rememberingLog>

  beforeEach(async () => {
    server = await fakeServer()
    dir = tempDir()
    log = rememberingLog()
    historian = await openHistorian(storeOf(server.port), { dir, log: log.log })
  })
  afterEach(async () => {
    await historian.close()
    await server.close()
    fs.rmSync(dir, { recursive: true })
  })

  const reopen = async (answerMs: number) => {
    await historian.close()
    historian = await openHistorian(storeOf(server.port), { dir, log: log.log, answerMs })
  }
  /** A short patience may end on a busy machine as well. */
  const writeUntilTaken = async () => {
    for (let left = 20; left > 0; left--) if ((await historian.write(readings, 3)).ok) return
  }

  const failures: [string, Answer, 'unavailable' | 'denied', number | null][] = [
    ['hangs', { status: 0, after: Infinity }, 'unavailable', null],
    ['stops in the middle of an answer', { status: 500, cut: true }, 'unavailable', null],
    ['is too slow', { status: 204, after: SHORT_MS * 3 }, 'unavailable', null],
    ['500', { status: 500, body: '{"error":"timeout"}' }, 'unavailable', null],
    ['503', { status: 503 }, 'unavailable', null],
    ['429 with seconds', { status: 429, headers: { 'retry-after': '7' } }, 'unavailable', 7000],
    ['429 without', { status: 429 }, 'unavailable', null],
    ['401', { status: 401, body: '{"error":"authorization failed"}' }, 'denied', null],
    ['403', { status: 403, body: '{"error":"not allowed"}' }, 'denied', null],
    ['a redirect to elsewhere', { status: 302, headers: { location: '/sign-in' } }, 'unavailable', null],
  ]
  test.each(failures)(
    'F5 %s: told as it is, the cursor waits, then everything is there once',
    async (_, answer, kind, wait) => {
      if (answer.after || answer.cut) await reopen(SHORT_MS)
      server.answer = [() => answer, () => answer]
      for (let tries = 0; tries < 2; tries++) {
        const result = await historian.write(readings, 3)
        expect(result).toMatchObject({
          ok: false,
          kind,
          retryAfterMs: wait ?? 1000 + (kind === 'denied' ? 9000 : 0),
        })
        expect(await historian.cursor()).toBe(0)
      }
      expect(log.lines.filter(({ level }) => level === 40)).toHaveLength(1)
      await expect.poll(async () => (await historian.probe()).ok, PATIENT).toBe(kind !== 'denied')
      await writeUntilTaken()
      expect(await historian.cursor()).toBe(3)
      expectAllStoredOnce(server)
      await expect.poll(() => historian.probe(), PATIENT).toStrictEqual({ ok: true })
      expect(JSON.stringify(log.lines)).not.toContain('t0ken')
    },
  )

  test('F5 nobody there: unavailable, and back by itself', async () => {
    await server.close()
    expect(await historian.write(readings, 1)).toMatchObject({ ok: false, kind: 'unavailable' })
    expect((await historian.probe()).ok).toBe(false)
    server = await fakeServer()
    await historian.close()
    historian = await openHistorian(storeOf(server.port), { dir, log: log.log })
    expect(await historian.write(readings, 1)).toStrictEqual({ ok: true, refused: [] })
  })

  test('F5 400 is never sent again as it was: the bad lines are found and handed back', async () => {
    const bad = new Set([T0 + 3 * SECOND, T0 + 50 * SECOND, T0 + 51 * SECOND])
    const judge = (lines: readonly string[]): Answer | null => {
      const refused = lines.filter((line) => bad.has(tsOf(line)))
      if (refused.length === 0) return null
      for (const line of lines) if (!refused.includes(line)) server.lines.add(line)
      return { status: 400, body: '{"error":"partial write: field type conflict dropped=1"}' }
    }
    server.answer = Array.from({ length: 200 }, () => judge)
    const result = await historian.write(readings, 5)
    expect(result.ok && result.refused.map(({ reading }) => reading.ts)).toStrictEqual([...bad])
    expect(result.ok && result.refused[0]!.why).toContain('partial write')
    expect([...server.lines].map(tsOf).toSorted((a, b) => a - b)).toStrictEqual(
      readings.map(({ ts }) => ts).filter((ts) => !bad.has(ts)),
    )
    expect(new Set(server.writes).size).toBe(server.writes.length)
    expect(server.writes.length).toBeLessThan(45)
    // Killed now, the same refusals come again: the cursor moves when they have been put aside.
    expect(await historian.cursor()).toBe(0)
    expect(await historian.write([], 5)).toStrictEqual({ ok: true, refused: [] })
    expect(await historian.cursor()).toBe(5)
  })

  test('F5 413 halves until it fits', async () => {
    server.answer = Array.from({ length: 200 }, () => tooLarge)
    expect(await historian.write(readings, 2)).toStrictEqual({ ok: true, refused: [] })
    expectAllStoredOnce(server)
    expect(server.writes.length).toBe(15)
  })

  test('F5 a failure between batches leaves the cursor, the repeat makes them whole', async () => {
    const many = at(Array.from({ length: 12_000 }, (_, i) => ({ ts: T0 + i, value: i })))
    server.answer = [() => null, () => null, () => ({ status: 500 })]
    expect((await historian.write(many, 9)).ok).toBe(false)
    expect(server.writes.map((body) => body.trim().split('\n').length)).toStrictEqual([5000, 5000, 2000])
    expect(await historian.cursor()).toBe(0)
    expect(await historian.write(many, 9)).toStrictEqual({ ok: true, refused: [] })
    expect(server.lines.size).toBe(12_000)
  })

  test('F7 a damaged cursor file is set aside and said; the journal is written again', async () => {
    expect((await historian.write(readings, 8)).ok).toBe(true)
    await historian.close()
    fs.writeFileSync(`${dir}/cursors.sqlite`, 'x'.repeat(8192))
    historian = await openHistorian(storeOf(server.port), { dir, log: log.log })
    expect(await historian.cursor()).toBe(0)
    expect(log.lines.at(-1)).toMatchObject({ level: 50, file: expect.stringContaining('cursors.sqlite') })
    expect((await historian.write(readings, 8)).ok).toBe(true)
    expectAllStoredOnce(server)
  })
})
