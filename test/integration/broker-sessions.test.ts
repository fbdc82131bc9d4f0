/**
 * The sessions store against the library's own abstract suite (through SQLite, each test in a fresh file), and across a reload.
 */
import assert from 'node:assert'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { StoredPacket } from 'aedes-persistence/asyncPersistence.js'
import { openSessions } from '#store/sessions/sessions.ts'

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'sessions-'))
afterAll(() => fs.rmSync(dir, { recursive: true }))
let files = 0
const freshFile = () => path.join(dir, `${++files}.db`)

type AbstractTest = (name: string, run: (t: object) => Promise<void>) => void
const abstractSuite = createRequire(import.meta.url)('aedes-persistence/abstract.js') as (options: {
  test: AbstractTest
  persistence: () => unknown
  testAsync: boolean
}) => void

describe('abstract suite of aedes-persistence', () => {
  abstractSuite({
    test: (name, run) => {
      test(`the library asks: ${name}`, async () => {
        let planned: number | null = null
        let asserted = 0
        const counted =
          <A extends unknown[]>(check: (...args: A) => void) =>
          (...args: A) => {
            asserted++
            check(...args)
          }
        const { equal, notEqual, deepEqual, ok } = assert
        const checks = {
          equal: counted(equal),
          notEqual: counted(notEqual),
          deepEqual: counted(deepEqual),
          ok: counted((value: unknown, why?: string) => ok(value, why)),
        }
        await run({ assert: checks, plan: (n: number) => (planned = n), diagnostic: () => undefined })
        expect(asserted).toBe(planned ?? asserted)
      })
    },
    persistence: () => openSessions(freshFile()),
    testAsync: true,
  })
})

const broker = (id: string) => ({ id, counter: 0, publish: () => undefined, subscribe: () => undefined })
const message = (topic: string, qos: number, retain = false): StoredPacket => ({
  cmd: 'publish',
  topic,
  payload: Buffer.from(`to ${topic}`),
  qos,
  retain,
  brokerId: 'first',
  brokerCounter: ++counter,
})
let counter = 0

async function all(stream: AsyncIterable<StoredPacket>): Promise<StoredPacket[]> {
  const packets: StoredPacket[] = []
  for await (const packet of stream) packets.push(packet)
  return packets
}

test('a session is the same after the file is opened again', async () => {
  const file = freshFile()
  const before = openSessions(file)
  await before.setup(broker('first'))
  const client = { id: 'reader', clean: false }
  await before.storeRetained(message('a/kept', 1, true))
  await before.storeRetained(message('a/cleared', 1, true))
  await before.storeRetained({ ...message('a/cleared', 1, true), payload: Buffer.alloc(0) })
  await before.addSubscriptions(client, [
    { topic: 'a/+', qos: 1 },
    { topic: 'b', qos: 0 },
  ])
  await before.removeSubscriptions(client, ['b'])
  const sent = [message('a/1', 1), message('a/2', 2), message('a/3', 1), message('a/4', 1)]
  for (const packet of sent) await before.outgoingEnqueue({ clientId: 'reader' }, packet)
  for (const [i, packet] of sent.slice(0, 3).entries())
    await before.outgoingUpdate(client, { ...packet, messageId: 10 + i })
  await before.outgoingUpdate(client, { cmd: 'pubrel', messageId: 11 })
  await before.outgoingClearMessageId(client, { messageId: 10 })
  await before.incomingStorePacket(client, { ...message('c', 2), messageId: 7 })
  await before.putWill({ id: 'gone' }, message('w', 1))
  await before.putWill({ id: 'quiet' }, message('w', 1))
  await before.delWill({ id: 'quiet' })
  await before.destroy()

  const after = openSessions(file)
  await after.setup(broker('second'))
  const retained = await all(after.createRetainedStream('#'))
  expect(retained.map(({ topic, payload }) => [topic, String(payload)])).toEqual([['a/kept', 'to a/kept']])
  expect(await after.subscriptionsByClient(client)).toEqual([
    expect.objectContaining({ topic: 'a/+', qos: 1 }),
  ])
  expect((await after.subscriptionsByTopic('a/9')).map(({ clientId }) => clientId)).toEqual(['reader'])
  const queued = await all(after.outgoingStream(client))
  expect(queued.map(({ cmd, topic, messageId }) => [cmd, topic, messageId])).toEqual([
    ['pubrel', undefined, 11],
    ['publish', 'a/3', 12],
    ['publish', 'a/4', undefined],
  ])
  expect((await after.incomingGetPacket(client, { messageId: 7 })).topic).toBe('c')
  const wills = await all(after.streamWill({ second: Date.now() }))
  expect(wills.map(({ clientId, brokerId }) => [clientId, brokerId])).toEqual([['gone', 'first']])
  await after.outgoingClearMessageId(client, { messageId: 11 })
  await after.destroy()

  const last = openSessions(file)
  await last.setup(broker('third'))
  expect((await all(last.outgoingStream(client))).map(({ messageId }) => messageId)).toEqual([12, undefined])
  await last.forget('reader')
  expect(await all(last.outgoingStream(client))).toEqual([])
  expect(await last.subscriptionsByClient(client)).toEqual([])
  await last.destroy()
})

test('the queue of an offline session is bounded, and what it does not take is counted', async () => {
  const sessions = openSessions(freshFile(), 3)
  await sessions.setup(broker('first'))
  const client = { id: 'reader', clean: false }
  for (let i = 0; i < 5; i++) await sessions.outgoingEnqueue({ clientId: 'reader' }, message(`t/${i}`, 1))
  expect((await all(sessions.outgoingStream(client))).map(({ topic }) => topic)).toEqual([
    't/0',
    't/1',
    't/2',
  ])
  expect(sessions.dropped).toBe(2)
  await sessions.outgoingClearMessageId(client, {})
  await sessions.outgoingEnqueue({ clientId: 'reader' }, message('t/9', 1))
  expect((await all(sessions.outgoingStream(client))).map(({ topic }) => topic)).toEqual([
    't/1',
    't/2',
    't/9',
  ])
  await sessions.destroy()
})
