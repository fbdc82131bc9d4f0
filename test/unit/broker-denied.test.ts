/** The audit of denied publishes: kept apart by the sender's firm, bounded in every direction. */
import { expect, test } from 'vitest'
import pino from 'pino'
import { Denied } from '../../broker/denied.ts'

const silent = pino({ level: 'silent' })
const of = (firm: string) => ({ kind: 'gateway', path: `${firm}/gw-1` }) as const

test('T1 a flood of one firm leaves the audit of another as it was', () => {
  const denied = new Denied(silent)
  denied.note(of('demo-b'), 'demo-b.gw-1', 'v1/demo-a/x', 1)
  for (let i = 0; i < 500; i++) denied.note(of('demo-a'), 'demo-a.gw-1', `v1/demo-b/${i}`, 2)
  const { total, firms } = denied.status()
  expect(total).toBe(501)
  expect(firms['demo-b']).toEqual({
    total: 1,
    topics: [{ account: 'demo-b.gw-1', topic: 'v1/demo-a/x', at: 1 }],
  })
  expect(firms['demo-a']!.total).toBe(500)
  expect(firms['demo-a']!.topics.map(({ topic }) => topic)).toEqual(
    Array.from({ length: 100 }, (_, i) => `v1/demo-b/${i + 400}`),
  )
  expect(denied.status('demo-b').firms).toEqual({ 'demo-b': firms['demo-b'] })
})

test('T1 service accounts and senders without an account are apart, and no firm sees them', () => {
  const denied = new Denied(silent)
  denied.note({ kind: 'service', path: 'service:board' }, 'service:board', 'v1/demo-a/x', 1)
  denied.note(null, 'gone', 'v1/demo-a/y', 2)
  expect(denied.status()).toMatchObject({ total: 2, firms: {}, others: { total: 2 } })
  expect(denied.status('demo-a').others).toEqual({ total: 0, topics: [] })
})

test('T14 the number of firms is bounded: the one that was quiet for longest goes, and the sum stays', () => {
  const denied = new Denied(silent, 2)
  for (const firm of ['demo-a', 'demo-b', 'demo-a', 'demo-c']) denied.note(of(firm), firm, 'x'.repeat(999), 1)
  const { total, firms } = denied.status()
  expect(total).toBe(4)
  expect(Object.keys(firms).toSorted()).toEqual(['demo-a', 'demo-c'])
  expect(firms['demo-a']!.total).toBe(2)
  expect(firms['demo-c']!.topics[0]!.topic).toHaveLength(256)
})
