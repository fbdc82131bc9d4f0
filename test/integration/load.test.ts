/** Load against the real broker: what is reported as acknowledged is in the journal, and what goes wrong is said. */
import { expect, test } from 'vitest'
import { parsePlant } from '#contract/plant.ts'
import { TelemetryMessage } from '#contract/envelope.ts'
import { LOAD_BYTES, runLoad } from '../../simulators/load/load.ts'
import { loadAccounts, loadPlant } from '../../simulators/load/plant.ts'
import { loadReport } from '../../simulators/load/report.ts'
import { openLocalBroker } from './brokerUnderTest.ts'

const plant = loadPlant('sim-load-1', 12)
const job = { host: '127.0.0.1', inFlight: 3, seconds: 1.5, bytes: LOAD_BYTES }

test('N devices at R messages/s: sent = acknowledged = journalled, at the rate, each message whole', async () => {
  const broker = await openLocalBroker()
  try {
    const accounts = loadAccounts(plant, (device) => broker.device(device))
    const result = await runLoad({ ...job, port: broker.port, accounts, rate: 200 })
    const entries = broker.entries().filter(({ topic }) => topic.endsWith('/telemetry'))
    expect(result).toMatchObject({ closed: 0, sent: entries.length, acknowledged: entries.length })
    expect(result.perSecond).toBeGreaterThan(150)
    expect(result.perSecond).toBeLessThan(220)
    expect(result.p50Ms).toBeLessThanOrEqual(result.p99Ms)
    expect(result.p99Ms).toBeLessThanOrEqual(result.maxMs * 1.02)
    expect(new Set(entries.map(({ topic }) => topic)).size).toBe(12)
    const bodies = entries.map(({ payload }) => JSON.parse(payload.toString()) as { seq: number })
    for (const body of bodies) expect(TelemetryMessage.safeParse(body).success).toBe(true)
    expect(entries.every(({ payload }) => payload.length === LOAD_BYTES)).toBe(true)
    const lines = loadReport({ ...job, port: broker.port, accounts, rate: 200 }, result)
    expect(lines[0]).toBe(
      'load         12 devices, 200 messages/s asked for, at most 3 in flight each, 148 bytes, QoS 1',
    )
    expect(lines[2]).toBe(
      `acknowledged ${entries.length.toLocaleString('en-US')}, ${result.perSecond.toLocaleString('en-US')}/s`,
    )
    expect(lines).toHaveLength(4)
  } finally {
    await broker.stop()
  }
})

test('without a rate it is as fast as PUBACKs come', async () => {
  const broker = await openLocalBroker()
  try {
    const accounts = loadAccounts(plant, (device) => broker.device(device))
    const result = await runLoad({ ...job, seconds: 1, port: broker.port, accounts, rate: 0 })
    expect(result.perSecond).toBeGreaterThan(300)
    expect(result.sent).toBe(result.acknowledged)
  } finally {
    await broker.stop()
  }
})

test('a refused device, a closed port and payloads that do not fit are said', async () => {
  const broker = await openLocalBroker()
  try {
    const accounts = loadAccounts(plant, (device) => broker.device(device))
    const wrong = accounts.map((account, i) => (i === 5 ? { ...account, password: 'wrong' } : account))
    await expect(runLoad({ ...job, port: broker.port, accounts: wrong, rate: 10 })).rejects.toThrow(
      /refuses a load device \(CONNACK [45]\)/,
    )
    await expect(runLoad({ ...job, port: 9, accounts, rate: 10 })).rejects.toThrow(
      /of 12 load devices are connected/,
    )
    await expect(runLoad({ ...job, port: broker.port, accounts, rate: 10, bytes: 20 })).rejects.toThrow(
      'payloads of 20 bytes do not fit the template',
    )
  } finally {
    await broker.stop()
  }
})

test('the plant of a load is one that the contract takes; a loss shows in the report', () => {
  expect(parsePlant(loadPlant('sim-load-1', 2000))).toHaveProperty('plant')
  const result = {
    sent: 10,
    acknowledged: 8,
    seconds: 1,
    perSecond: 8,
    p50Ms: 1,
    p99Ms: 2,
    maxMs: 3,
    closed: 1,
  }
  expect(loadReport({ ...job, port: 1, accounts: [], rate: 0 }, result).slice(4)).toEqual([
    'UNANSWERED   2 messages',
    'CLOSED       1 connections closed on their own',
  ])
  expect(() => loadAccounts(plant, () => undefined)).toThrow('sim-load-1/main/load/l1/d-0001 has no secret')
})
