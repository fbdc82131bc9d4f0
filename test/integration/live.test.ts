/** The live socket: what a page gets, in which order, and what it never gets. */
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ROLES, type Role } from '#contract/control.ts'
import { Fixture, join, liveOf, MACHINE, next, NOW, type PageClient } from './apiFixture.ts'

const api = new Fixture()
let cookies: Record<Role, string>

beforeAll(async () => {
  await api.start()
  cookies = api.everyRole()
})
afterAll(() => api.stop())
// a page that stays would be slow with the one whose slowness is counted
afterEach(() => api.closePages())

const refusal = (page: PageClient) => new Promise<Error>((done) => page.once('connect_error', done))
const disconnected = (page: PageClient) => new Promise<string>((done) => page.once('disconnect', done))
const delta = (firm: string, power: number) =>
  api.upstream.take({ kind: 'delta', at: NOW, firm, machines: [liveOf(firm, power)] })
/** Events of a firm's ledger, told as ingest would. */
const grow = (firm: string, count: number) => {
  for (let i = 0; i < count; i++)
    api.ledgersByFirm.get(firm)!.add('machine.event', { number: i, order: 'secret' })
  api.ledgers.look(firm)
}

describe('a page', () => {
  test('gets a snapshot on join, then deltas, then ledger events', async () => {
    const page = api.page(cookies.operator)
    const snapshot = next(page, 'snapshot')
    expect(await join(page, 'demo-a')).toEqual({ ok: true })
    expect((await snapshot)[0]).toMatchObject({
      firm: 'demo-a',
      machines: [{ machine: MACHINE, state: 'RUN' }],
    })
    const change = next(page, 'delta')
    delta('demo-a', 13.5)
    expect((await change)[0].machines[0]!.values['power_kw']!.value).toBe(13.5)
    const event = next(page, 'ledger')
    grow('demo-a', 1)
    expect((await event)[0]).toMatchObject({ kind: 'machine.event', body: { number: 0 } })
  })

  test('gets every event from its cursor on, in order, none skipped and none twice', async () => {
    grow('demo-a', 450)
    const head = api.ledgersByFirm.get('demo-a')!.rows.length
    const page = api.page(cookies.operator)
    const cursors: number[] = []
    page.on('ledger', ({ cursor }) => cursors.push(cursor))
    await join(page, 'demo-a', 5)
    grow('demo-a', 7)
    await expect.poll(() => cursors.length, { timeout: 10_000 }).toBe(head + 7 - 5)
    expect(cursors).toEqual(Array.from({ length: head + 2 }, (_, i) => i + 6))
  })

  test('gets no history with cursor 0, nor with one that this ledger has not reached', async () => {
    for (const cursor of [0, 1_000_000]) {
      const page = api.page(cookies.operator)
      const cursors: number[] = []
      page.on('ledger', (event) => cursors.push(event.cursor))
      await join(page, 'demo-a', cursor)
      grow('demo-a', 1)
      await expect.poll(() => cursors.length).toBeGreaterThan(0)
      expect(cursors).toEqual([api.ledgersByFirm.get('demo-a')!.rows.length])
      page.disconnect()
    }
  })

  test('gets at most five deltas a second per machine, and the newest value of each', async () => {
    const page = api.page(cookies.operator)
    await join(page, 'demo-a')
    let frames = 0
    let newest: number | null = null
    page.on('delta', ({ machines }) => {
      frames++
      newest = machines[0]!.values['power_kw']!.value
    })
    const begun = performance.now()
    for (let i = 1; i <= 300; i++) {
      delta('demo-a', i)
      if (i % 50 === 0) await new Promise((done) => setTimeout(done, 100))
    }
    await expect.poll(() => newest).toBe(300)
    expect(frames).toBeLessThanOrEqual((performance.now() - begun) / 200 + 1)
  })

  test('gets a new snapshot when ingest starts again, and a beat that says whether it lives', async () => {
    const page = api.page(cookies.operator)
    await join(page, 'demo-a')
    const again = next(page, 'snapshot')
    api.upstream.take({
      kind: 'snapshot',
      at: NOW,
      firms: [{ firm: 'demo-a', cursor: 0, machines: [liveOf('demo-a', 77)] }],
    })
    expect((await again)[0].machines[0]!.values['power_kw']!.value).toBe(77)
    expect((await next(page, 'beat'))[0]).toEqual({ at: NOW, ingest: false })
  })
})

test('T15 age shown, never taken for live: an old value keeps its own time over snapshot, delta, beat and REST', async () => {
  const one = await new Fixture().start()
  const HOUR = 3_600_000
  const old = NOW - 3 * HOUR
  const held = { value: 31.25, ts: old, quality: 'good' } as const
  const machine = { ...liveOf('demo-a'), since: old, receivedAt: old, values: { power_kw: held } }
  one.upstream.take({
    kind: 'snapshot',
    at: NOW,
    firms: [{ firm: 'demo-a', cursor: 0, machines: [machine] }],
  })
  const cookie = one.person('operator')
  const page = one.page(cookie)
  const snapshot = next(page, 'snapshot')
  await join(page, 'demo-a')
  expect((await snapshot)[0].machines).toEqual([machine])
  const change = next(page, 'delta')
  const temperature = { value: 40, ts: NOW, quality: 'good' } as const
  one.upstream.take({
    kind: 'delta',
    at: NOW,
    firm: 'demo-a',
    machines: [{ ...machine, receivedAt: NOW, values: { temperature_c: temperature } }],
  })
  expect((await change)[0].machines[0]!.values).toEqual({ temperature_c: temperature })
  one.now = NOW + HOUR
  one.upstream.take({ kind: 'beat', at: one.now })
  const again = one.page(cookie)
  const later = next(again, 'snapshot')
  await join(again, 'demo-a')
  expect((await later)[0].machines[0]).toMatchObject({
    since: old,
    values: { power_kw: held, temperature_c: temperature },
  })
  for (const route of ['machines', `machines/${MACHINE.replaceAll('/', '.')}`]) {
    const { body } = await one.call('GET', `/api/v1/firms/demo-a/${route}`, { cookie })
    const live = Array.isArray(body) ? body[0] : body.live
    expect(live.values).toEqual({ power_kw: held, temperature_c: temperature })
  }
  await one.stop()
})

describe('T5 T6 whose data', () => {
  test.each(ROLES)(
    'T5 %s of firm A joins A, and another, a missing or a malformed firm answers alike',
    async (role) => {
      const page = api.page(cookies[role])
      const frames: string[] = []
      page.onAny((event: string, frame: unknown) => frames.push(`${event} ${JSON.stringify(frame)}`))
      for (const firm of ['demo-b', 'demo-missing', '../demo-a', '', 'DEMO-A', '__proto__'])
        expect(await join(page, firm)).toEqual({ ok: false, status: 404 })
      expect(await join(page, 'demo-a')).toEqual({ ok: true })
      delta('demo-b', 99.5)
      grow('demo-b', 1)
      delta('demo-a', 55.5)
      grow('demo-a', 1)
      await expect
        .poll(() => frames.filter((frame) => /^(delta|ledger)/.test(frame)).length)
        .toBeGreaterThanOrEqual(2)
      expect(frames.join('\n')).not.toMatch(/demo-b|99\.5/)
      page.disconnect()
    },
  )

  test('T6 the reviewer gets states and freshness, no values, orders or bodies', async () => {
    const page = api.page(cookies.reviewer)
    const snapshot = next(page, 'snapshot')
    await join(page, 'demo-a')
    const bare = {
      machine: MACHINE,
      state: 'RUN',
      since: NOW - 60_000,
      receivedAt: NOW,
      reason: null,
      order: null,
      product: null,
      operation: null,
      values: {},
    }
    expect((await snapshot)[0].machines).toEqual([bare])
    const change = next(page, 'delta')
    delta('demo-a', 44.5)
    expect((await change)[0].machines).toEqual([bare])
    const event = next(page, 'ledger')
    grow('demo-a', 1)
    expect((await event)[0]).toMatchObject({ kind: 'machine.event', body: {} })
    expect(JSON.stringify(await event)).not.toContain('secret')
  })
})

describe('T18 T19 who is let in', () => {
  const transports = [['websocket'], ['polling']]
  test.each(
    transports.flatMap((transport) => [
      { transport, name: 'a foreign origin', headers: { origin: 'http://evil.example' }, signedIn: true },
      { transport, name: 'the origin null', headers: { origin: 'null' }, signedIn: true },
      { transport, name: 'no origin and a cookie', headers: { origin: '' }, signedIn: true },
      { transport, name: 'a null token', headers: { authorization: 'Bearer null' }, signedIn: false },
      { transport, name: 'an empty token', headers: { authorization: 'Bearer ' }, signedIn: true },
      { transport, name: 'a false cookie', headers: { cookie: 'baiyuan=bys_x' }, signedIn: false },
    ]),
  )('T19 $name gets 403 on $transport', async ({ transport, headers, signedIn }) => {
    const error = await refusal(api.page(signedIn ? cookies.viewer : null, headers, transport))
    const { context, description } = error as unknown as {
      context?: { status?: number }
      description?: { message?: string }
    }
    expect(`${context?.status} ${description?.message}`).toMatch(/403/)
  })

  test.each([undefined, null, '', 'null', 5, {}, 'byt_forged', 'x'.repeat(5000)])(
    'T18 auth.token %j from our own page gets nothing',
    async (token) => {
      const page = api.page(null)
      page.auth = { token }
      expect((await refusal(page)).message).toBe('unauthorized')
    },
  )

  test('T19 a program with a token and no origin is let in, by header or by auth.token of our own page', async () => {
    const token = api.token('viewer')
    const program = new WebSocket(`${api.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, {
      headers: { authorization: `Bearer ${token}` },
    })
    await once(program, 'open')
    program.terminate()
    const page = api.page(null)
    page.auth = { token }
    expect(await join(page, 'demo-a')).toEqual({ ok: true })
  })
})

/** Sends on a page's connection; it must close, and another page must not notice. */
const expectCutOff = async (send: (page: PageClient) => void) => {
  const [bad, good] = [api.page(cookies.operator), api.page(cookies.operator)]
  await Promise.all([join(bad, 'demo-a'), join(good, 'demo-a')])
  const closed = disconnected(bad)
  send(bad)
  await closed
  const change = next(good, 'delta')
  delta('demo-a', 21)
  await change
  expect(good.connected).toBe(true)
  good.disconnect()
}
const raw = (page: PageClient, text: string) => page.io.engine.write(text)

describe('T19 who misbehaves', () => {
  test('T19 an event flood', () =>
    expectCutOff((page) => {
      for (let i = 0; i < 200; i++) page.emit('join', { firm: 'demo-a', cursor: 0 }, () => undefined)
    }))
  test('T19 an unknown event', () =>
    expectCutOff((page) => page.emit('leave' as 'join', {} as never, () => undefined)))
  test('T19 a name of Socket.IO itself', () => expectCutOff((page) => raw(page, '2["disconnect"]')))
  test('T19 a __proto__ key', () =>
    expectCutOff((page) => raw(page, '20["join",{"firm":"demo-a","cursor":0,"__proto__":{"x":1}}]')))
  test('T19 a key too many', () =>
    expectCutOff((page) => raw(page, '20["join",{"firm":"demo-a","cursor":0,"room":"demo-b"}]')))
  test('T19 a giant acknowledgement', () => expectCutOff((page) => raw(page, `3${'9'.repeat(300)}[]`)))
  test('T19 a binary packet', () =>
    expectCutOff((page) => raw(page, '51-["join",{"_placeholder":true,"num":0}]')))
  test('T19 a broken packet', () => expectCutOff((page) => raw(page, '2["join"')))
  test('T19 a join without a request', () => expectCutOff((page) => raw(page, '2["join",null]')))
})

test('a page that reads too slowly gets a resync and a snapshot, and still every ledger event', async () => {
  await expect.poll(() => api.live.feed.viewers.size, { timeout: 5000 }).toBe(0)
  const { socket, tcp } = api.bare(cookies.operator)
  const frames: string[] = []
  socket.on('message', (data: Buffer) => {
    const text = data.toString()
    if (text === '2') socket.send('3')
    else if (text.startsWith('0')) socket.send('40')
    else if (text.startsWith('40')) socket.send('420["join",{"firm":"demo-a","cursor":0}]')
    else frames.push(text)
  })
  await expect.poll(() => frames.some((text) => text.includes('"snapshot"')), { timeout: 5000 }).toBe(true)
  const start = api.ledgersByFirm.get('demo-a')!.rows.length
  tcp.pause()
  // More than the kernel's buffers and the cap hold: then the page is behind.
  const before = api.live.feed.dropped
  const padding = 'x'.repeat(8000)
  for (let i = 0; i < 2000 && api.live.feed.dropped === before; i++) {
    for (let n = 0; n < 5; n++) api.ledgersByFirm.get('demo-a')!.add('machine.event', { padding })
    api.ledgers.look('demo-a')
    if (i % 10 === 0) await new Promise((done) => setTimeout(done, 10))
  }
  expect(api.live.feed.dropped).toBe(before + 1)
  tcp.resume()
  await expect.poll(() => frames.some((text) => text === '42["resync"]'), { timeout: 10_000 }).toBe(true)
  const head = api.ledgersByFirm.get('demo-a')!.rows.length
  const cursors = () =>
    frames
      .filter((text) => text.startsWith('42["ledger"'))
      .map((text) => JSON.parse(text.slice(2))[1].cursor as number)
  await expect.poll(() => cursors().at(-1), { timeout: 10_000 }).toBe(head)
  expect(cursors()).toEqual(Array.from({ length: head - start }, (_, i) => start + 1 + i))
  const resync = frames.findIndex((text) => text === '42["resync"]')
  expect(frames.slice(resync).some((text) => text.includes('"snapshot"'))).toBe(true)
  socket.terminate()
}, 40_000)
