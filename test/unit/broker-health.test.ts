/** Health tells the truth (I8), and the broker's settings are checked whole. */
import { expect, test } from 'vitest'
import { readLimits } from '../../broker/limits.ts'
import { health } from '../../broker/localRoutes.ts'
import type { JournalStatus } from '#store/journal/journal.ts'

const status = (more: Partial<JournalStatus>): JournalStatus => ({
  commit: 1,
  firms: [],
  blocked: null,
  damage: [],
  ...more,
})

test('health is good while the journal writes', () => {
  expect(health({ status: () => status({}) })).toMatchObject({ ok: true })
})

test('health is false, with the reason, while the journal cannot write', () => {
  const blocked = { reason: 'no space left', since: 0, waiting: 12 }
  const found = health({ status: () => status({ blocked }) })
  expect(found.ok).toBe(false)
  expect(found.checks['journal']).toEqual({
    ok: false,
    why: 'cannot write: no space left; 12 messages wait, devices keep theirs',
  })
})

test('health is false when a part of the journal was found damaged', () => {
  const damage = [{ file: 'hot/2026-11-24.db', commit: 7, why: 'checksum' }]
  expect(health({ status: () => status({ damage }) })).toMatchObject({
    ok: false,
    checks: { journal: { ok: true }, journalWhole: { ok: false } },
  })
})

test('limits come from the environment, and every fault is listed', () => {
  expect(readLimits({}).brokerMaxConnectBytes).toBe(4096)
  expect(readLimits({ BAIYUAN_BROKER_PROBES: '127.0.0.1:9' }).brokerProbes).toEqual({
    host: '127.0.0.1',
    port: 9,
  })
  expect(() => readLimits({ BAIYUAN_BROKER_MAX_CONNECTIONS: '0', BAIYUAN_BROKER_PROBES: 'x' })).toThrow(
    /BAIYUAN_BROKER_MAX_CONNECTIONS.*\nBAIYUAN_BROKER_PROBES/,
  )
})
