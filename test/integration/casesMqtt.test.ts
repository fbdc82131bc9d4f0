/**
 * The case folders again, as devices send them: through the broker, over real MQTT. Times are moved to now as a whole; what depends on
 * when exactly a message came (its flags) is held by the run of the same cases on the journal, everything that is counted here.
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import mqtt, { type MqttClient } from 'mqtt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Counts } from '#contract/live.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import { ledgerFile } from '#store/ledger/file.ts'
import { Installation, until } from '../e2e/installation.ts'

const CASES = path.resolve(import.meta.dirname, '../cases')
/** Its store is made to refuse lines, which the real one does not: it runs on the journal only. */
const NOT_BY_MQTT = ['partial-write']
const names = fs
  .readdirSync(CASES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !NOT_BY_MQTT.includes(entry.name))
  .map((entry) => entry.name)

type Line = { received_at: number; topic: string; payload?: unknown; payload_hex?: string }
type Expected = {
  counts: { decoded: number; stored: number; duplicate: number; quarantined: number }
  quarantine: { reason: string; status?: string }[]
  latest?: Record<string, number>
}

const firmOf = (name: string) => `case-${name}`
const linesOf = (name: string): Line[] =>
  fs
    .readFileSync(path.join(CASES, name, 'input.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as Line)

/** One firm for each case, all with the plant of the case. */
function plants(): string {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'cases-'))
  for (const name of names) {
    const own = path.join(CASES, name, 'plant.yaml')
    const text = fs.readFileSync(fs.existsSync(own) ? own : path.join(CASES, 'plant.yaml'), 'utf8')
    fs.mkdirSync(path.join(dir, firmOf(name)))
    fs.writeFileSync(
      path.join(dir, firmOf(name), 'plant.yaml'),
      text.replace(/^firm: case$/m, `firm: ${firmOf(name)}`),
    )
  }
  return dir
}

/** The payload with every time moved by `delta`; what is no time, or deliberately none, stays. */
function moved(value: unknown, delta: number): unknown {
  if (Array.isArray(value)) return value.map((item) => moved(item, delta))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      (key === 'ts' || key === 'at') && typeof inner === 'number' && inner > 1e12
        ? inner + delta
        : moved(inner, delta),
    ]),
  )
}

const installation = new Installation(plants())
beforeAll(() => installation.start(['--no-simulator']))
afterAll(async () => {
  await installation.stop()
  installation.remove()
})

async function play(name: string): Promise<void> {
  const firm = firmOf(name)
  const lines = linesOf(name)
  const delta = Date.now() - lines.at(-1)!.received_at
  const clients = new Map<string, MqttClient>()
  for (const line of lines) {
    const topic = line.topic.replace('/case/', `/${firm}/`)
    const payload = line.payload_hex
      ? Buffer.from(line.payload_hex, 'hex')
      : line.payload_hex === ''
        ? Buffer.alloc(0)
        : Buffer.from(JSON.stringify(moved(line.payload, delta)))
    if (topic.startsWith('control/')) {
      await installation.local('broker', 'POST', '/control', { firm, entry: JSON.parse(payload.toString()) })
      continue
    }
    const machine = topic.split('/').slice(2, 6).join('/')
    let client = clients.get(machine)
    if (!client) {
      const secret = await installation.device(`${firm}/${machine}`)
      client = await mqtt.connectAsync(`mqtt://${installation.run().mqtt}`, secret)
      clients.set(machine, client)
    }
    await client.publishAsync(topic, payload, { qos: 1 })
  }
  for (const client of clients.values()) await client.endAsync()
}

test.each(names)('case %s through MQTT', async (name) => {
  const expected = JSON.parse(fs.readFileSync(path.join(CASES, name, 'expected.json'), 'utf8')) as Expected
  const firm = firmOf(name)
  await play(name)
  const counts = () => installation.local<Counts>('ingest', 'GET', `/counts?firm=${firm}`)
  await until(async () => {
    const { entries, items } = await counts()
    return entries.inFlight === 0 && items.decoded >= expected.counts.decoded
  })
  const { items } = await counts()
  expect(items).toEqual({ ...expected.counts, inFlight: 0 })
  const ledger = openLedgerReader(ledgerFile(installation.data, firm))
  const rows = () => ledger.quarantine({ limit: 100 }).toReversed()
  await until(() => rows().length === expected.quarantine.length)
  expect(rows()).toMatchObject(
    expected.quarantine.map(({ reason, status }) => ({ reason, ...(status ? { status } : {}) })),
  )
  ledger.close()
})
