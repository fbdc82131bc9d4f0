/** What is too big, too deep, too slow or too many. */
import http from 'node:http'
import net from 'node:net'
import { gzipSync } from 'node:zlib'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COSTLY_ALL, COSTLY_EACH } from '../../api/http/limits.ts'
import { Fixture, MACHINE, join, next, NOW } from './apiFixture.ts'

const api = new Fixture()
let cookie = ''

beforeAll(async () => {
  await api.start()
  cookie = api.person('engineer')
})
afterAll(() => api.stop())

const decide = '/api/v1/firms/demo-a/quarantine/decide'
const goodClient = async () => {
  const start = performance.now()
  const { status } = await api.call('GET', '/api/v1/firms', { cookie })
  expect(status).toBe(200)
  return performance.now() - start
}

/** Until it holds; at most 10 s. */
async function waitFor(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    if (tries === 200) throw new Error('waited in vain')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe('T12 oversize', () => {
  test.each([
    ['a body over 100 kB', JSON.stringify({ reason: 'x'.repeat(101 * 1024) }), 413],
    ['nine levels', JSON.stringify({ a: { a: { a: { a: { a: { a: { a: { a: { a: 1 } } } } } } } } }), 400],
    ['fifty thousand brackets', '['.repeat(50_000), 400],
    [
      'ten thousand keys',
      JSON.stringify(Object.fromEntries(Array.from({ length: 9000 }, (_, i) => [i, 1]))),
      400,
    ],
    ['no JSON', '{"a":', 400],
    ['a bare number', '5', 400],
  ])('T12 %s is refused', async (_, body, status) => {
    const answer = await api.call('POST', decide, { cookie, body })
    expect(answer.status).toBe(status)
    expect(answer.body.status).toBe(status)
  })

  test('T12 a compressed body is not unpacked, another type not read', async () => {
    const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024))
    const send = (headers: Record<string, string>) =>
      fetch(`${api.url}${decide}`, { method: 'POST', headers: { cookie, ...headers }, body: bomb })
    expect((await send({ 'content-type': 'application/json', 'content-encoding': 'gzip' })).status).toBe(415)
    expect((await send({ 'content-type': 'application/xml' })).status).toBe(415)
    expect((await send({ 'content-type': 'multipart/form-data; boundary=x' })).status).toBe(415)
  })

  test('T12 a body that never ends is refused and costs no memory', async () => {
    const before = process.memoryUsage().rss
    const request = http.request(`${api.url}${decide}`, {
      method: 'POST',
      headers: { cookie, 'content-type': 'application/json', 'content-length': String(2 ** 40) },
    })
    request.on('error', () => undefined)
    request.write('{"reason":"')
    const [response] = (await once(request, 'response')) as [http.IncomingMessage]
    expect(response.statusCode).toBe(413)
    request.destroy()
    expect(process.memoryUsage().rss - before).toBeLessThan(20 * 1024 * 1024)
  })

  test('T12 huge headers and addresses are refused', async () => {
    expect(
      (await api.call('GET', '/api/v1/firms', { headers: { 'x-big': 'x'.repeat(30_000) } })).status,
    ).toBe(431)
    expect((await api.call('GET', `/api/v1/firms?x=${'x'.repeat(30_000)}`)).status).toBe(431)
  })

  test('T12 an oversized frame closes that socket only', async () => {
    const [big, good] = [api.page(cookie), api.page(cookie)]
    await Promise.all([join(big, 'demo-a'), join(good, 'demo-a')])
    const closed = new Promise((done) => big.once('disconnect', done))
    big.emit('join', { firm: 'x'.repeat(20_000), cursor: 0 }, () => undefined)
    await closed
    expect((await next(good, 'beat'))[0].at).toBe(api.now)
  })
})

const cost = (of: string) => api.call('GET', '/api/v1/firms/demo-a/cost', { cookie: of })
/** Costly questions under way: files that do not come to their end. */
const hold = (of: string, count: number) =>
  Array.from({ length: count }, () => {
    const request = http.request(`${api.url}/api/v1/firms/demo-a/records/check`, {
      method: 'POST',
      headers: { cookie: of, 'content-type': 'text/csv', 'content-length': '1000' },
    })
    request.on('error', () => undefined)
    request.write('a,b')
    return request
  })

describe('T24 expensive questions', () => {
  const history = `/api/v1/firms/demo-a/machines/${MACHINE.replaceAll('/', '.')}/history/power_kw`
  test.each([
    ['five years by the second', `?from=${NOW - 5 * 365 * 86_400_000}&to=${NOW}&step=1`],
    ['five years', `?from=${NOW - 5 * 365 * 86_400_000}&to=${NOW}`],
    ['more than 5,000 buckets', `?from=${NOW - 5001 * 1000}&to=${NOW}&step=1`],
    ['a step of nothing', `?from=${NOW - 1000}&to=${NOW}&step=0`],
    ['a window upside down', `?from=${NOW}&to=${NOW - 1000}`],
    ['no window', ''],
    ['an unknown word', `?from=${NOW - 1000}&to=${NOW}&raw=1`],
  ])('T24 %s is refused before the store is asked', async (_, query) => {
    const before = api.bucketCalls
    const answer = await api.call('GET', history + query, { cookie })
    expect(answer.status).toBe(400)
    expect(api.bucketCalls).toBe(before)
  })

  test.each([
    ['cost', `from=2024-01-01&to=2026-01-01`, 'bad-window'],
    ['figures', `from=${NOW - 800 * 86_400_000}&to=${NOW}&by=month`, 'bad-window'],
    ['figures', `from=${NOW - 3 * 3_600_000}&to=${NOW}&by=minute`, 'bad-window'],
  ])('T24 %s?%s is refused', async (route, query, why) => {
    const answer = await api.call('GET', `/api/v1/firms/demo-a/${route}?${query}`, { cookie })
    expect([answer.status, answer.body.type]).toEqual([400, `/problems/${why}`])
  })

  test('T24 of ten costly questions of many people at once eight are under way, the others are told to wait', async () => {
    const names = Array.from({ length: COSTLY_ALL / COSTLY_EACH }, (_, i) => `many-${i}`)
    const held = names.flatMap((name) => hold(api.person('manager', ['demo-a'], name), COSTLY_EACH))
    await waitFor(async () => (await cost(cookie)).status === 429)
    for (let question = 0; question < 2; question++) {
      const refused = await cost(cookie)
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
    }
    for (const live of ['machines', 'day'])
      expect((await api.call('GET', `/api/v1/firms/demo-a/${live}`, { cookie })).status).toBe(200)
    for (const request of held) request.destroy()
    await waitFor(async () => (await cost(cookie)).status === 200)
  })

  test('T24 who has too many costly questions under way is told to wait; others, and live reads, are answered', async () => {
    const manager = api.person('manager')
    expect((await cost(manager)).status).toBe(200)
    const held = hold(manager, COSTLY_EACH)
    await waitFor(async () => (await cost(manager)).status === 429)
    const refused = await cost(manager)
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(refused.body.type).toBe('/problems/too-many-at-once')
    for (const sums of ['months', 'report/shifts', 'reconciliation?month=2026-10'])
      expect([
        sums,
        (await api.call('GET', `/api/v1/firms/demo-a/${sums}`, { cookie: manager })).status,
      ]).toEqual([sums, 429])
    expect((await cost(cookie)).status).toBe(200)
    for (const live of ['machines', 'day'])
      expect((await api.call('GET', `/api/v1/firms/demo-a/${live}`, { cookie: manager })).status).toBe(200)
    for (const request of held) request.destroy()
    await waitFor(async () => (await cost(manager)).status === 200)
  })

  test('a day comes in at most 600 buckets of a step that people read', async () => {
    const bucket = { ts: NOW, count: 1, mean: 1, min: 1, max: 1, first: 1, last: 1 }
    api.buckets = () => Promise.resolve([bucket])
    const answer = await api.call('GET', `${history}?from=${NOW - 86_400_000}&to=${NOW}`, { cookie })
    expect(answer.body).toEqual({ measure: 'power_kw', unit: 'kW', stepMs: 300_000, buckets: [bucket] })
  })
})

describe('T13 slow clients', () => {
  const { hostname, port } = { hostname: '127.0.0.1', port: () => Number(new URL(api.url).port) }
  /** ms until the other side closes. */
  const closedAfter = async (start: (socket: net.Socket) => void): Promise<number> => {
    const socket = net.connect(port(), hostname)
    await once(socket, 'connect')
    socket.on('error', () => undefined)
    socket.resume()
    const begun = performance.now()
    start(socket)
    await once(socket, 'close')
    return performance.now() - begun
  }

  test('T13 headers that dribble, or never come, are cut within 6 s while others are served at once', async () => {
    const slow = Promise.all([
      closedAfter(() => undefined),
      closedAfter((socket) => socket.write('GET / HTTP/1.1\r\nhost: x\r\n')),
      closedAfter((socket) => {
        socket.write('GET / HTTP/1.1\r\n')
        const timer = setInterval(() => socket.write('x-a: b\r\n'), 300)
        socket.once('close', () => clearInterval(timer))
      }),
    ])
    expect(await goodClient()).toBeLessThan(1000)
    for (const ms of await slow) expect(ms).toBeLessThan(6500)
  })

  test('T13 a WebSocket that never says who it is, and one that never reads, are closed within 6 s', async () => {
    const pages = () => [...api.live.feed.viewers].filter(({ socket }) => socket.connected).length
    const before = pages()
    const mute = api.bare(cookie)
    const deaf = api.bare(cookie)
    await Promise.all([once(mute.socket, 'message'), once(deaf.socket, 'message')])
    deaf.socket.send('40')
    await expect.poll(pages, { timeout: 3000 }).toBe(before + 1)
    deaf.tcp.pause()
    const begun = performance.now()
    const good = api.page(cookie)
    expect(await join(good, 'demo-a')).toEqual({ ok: true })
    expect(performance.now() - begun).toBeLessThan(1000)
    await once(mute.socket, 'close')
    await expect.poll(pages, { timeout: 7000 }).toBe(before + 1)
    expect(performance.now() - begun).toBeLessThan(7500)
    expect(good.connected).toBe(true)
    deaf.socket.terminate()
  })
})
