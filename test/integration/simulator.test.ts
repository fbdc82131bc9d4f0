/** The simulators' process at a broker: own credentials, nothing lost by a kill, nothing taken back from a person. */
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { readPlantFolder } from '#contract/plantFolder.ts'
import { parseDeviceTopic } from '#contract/topics.ts'
import type { BrokerStatus } from '#contract/local.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { callLocal, socketPath } from '#runtime/local.ts'
import { openJournalReader } from '#store/journal/reader.ts'
import {
  eventually,
  Process,
  simulatorStatus,
  temporaryFolder,
  TestBroker,
  type Heard,
} from './simulatorUnderTest.ts'

const demo = fs
  .readFileSync(path.resolve(import.meta.dirname, '../../plants/demo-a/plant.yaml'), 'utf8')
  .replace(/^shifts:\n( {2}- .*\n)+/m, '')
function plantFolder(text: string): string {
  const folder = temporaryFolder()
  fs.mkdirSync(path.join(folder, 'demo-a'))
  fs.writeFileSync(path.join(folder, 'demo-a', 'plant.yaml'), text)
  return folder
}
/** The demo plant without shifts. */
const plants = plantFolder(demo)
/** Without the works' calendar too: it makes pieces at whatever hour and on whatever day the test runs. */
const always = plantFolder(demo.replace(/^simulation: works\n/m, ''))
afterAll(() => [plants, always].forEach((folder) => fs.rmSync(folder, { recursive: true })))
const plant = (readPlantFolder(plants)[0]!.reading as { plant: Plant }).plant
const devices = plant.credentials.length

let data: string
let running: Process[] = []
let broker: TestBroker | null = null

beforeEach(() => {
  data = temporaryFolder()
})
afterEach(async () => {
  await Promise.all(running.map((one) => one.end('SIGKILL')))
  running = []
  await broker?.stop()
  broker = null
  fs.rmSync(data, { recursive: true, force: true })
})

function start(entry: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Process {
  const one = new Process(entry, ['--data', data, ...args], env)
  running.push(one)
  return one
}
const simulate = (mqtt: string, folder = plants) =>
  start('simulators/main.ts', ['--mqtt', mqtt, '--plants', folder], { BAIYUAN_SIM_SPEED: '40' })
const serve = (mqtt: string) => start('broker/main.ts', ['--mqtt', mqtt, '--mqtt-ws', '127.0.0.1:0'])
const connected = () =>
  eventually('every device is connected', async () => {
    const status = await simulatorStatus(data)
    return status.connected === devices ? status : null
  })

const keyOf = ({ topic, body }: Heard) => `${topic} ${body.boot} ${body.seq}`
const isEvidence = ({ topic }: Heard) => !topic.endsWith('/telemetry')
/** What makes an item itself: all but the time at which it was sent. */
const contentOf = ({ body }: Heard) => JSON.stringify({ ...body, at: null })

test('each device connects with its own credential and speaks for its own machines', async () => {
  broker = await TestBroker.start(data)
  const process = simulate(broker.address)
  await connected()
  const { heard, secrets } = broker
  await eventually('every machine is heard', () => {
    const machines = new Set(heard.map(({ topic }) => parseDeviceTopic(topic)!.machine))
    return machines.size === plant.machines.length ? machines : null
  })
  const allowed = new Map([...secrets.values()].map(({ clientId, machines }) => [clientId, machines]))
  const outside = heard.filter(({ account, topic }) => {
    const { firm, machine } = parseDeviceTopic(topic)!
    return !allowed.get(account)!.includes(`${firm}/${machine}`)
  })
  expect(outside).toEqual([])
  expect(secrets.size).toBe(devices)
  expect(secrets.get('demo-a/g2')!.machines).toContain('demo-a/main/finishing/l1/lapping-03')
  expect(heard.every(({ topic, qos }) => qos === (topic.endsWith('/telemetry') ? 0 : 1))).toBe(true)
  const ready = await callLocal<{ ready: boolean }>(socketPath(data, 'simulators'), 'GET', '/ready')
  expect(ready).toEqual({ ready: true })
  const metrics = await callLocal<string>(socketPath(data, 'simulators'), 'GET', '/metrics')
  expect(metrics).toContain(`baiyuan_simulators_connected{process="simulators"} ${devices}`)
  expect(fs.statSync(path.join(data, 'simulators', 'credentials.json')).mode & 0o777).toBe(0o600)
  expect(fs.statSync(path.join(data, 'simulators')).mode & 0o777).toBe(0o700)
  expect(await process.end('SIGTERM')).toBe(0)

  // the next start uses the secrets that it has
  const calls = broker.calls.length
  simulate(broker.address)
  await connected()
  expect(broker.calls.length).toBe(calls)
})

test('a kill loses nothing that was not acknowledged: it is told again, the same, and nothing is missing', async () => {
  broker = await TestBroker.start(data)
  const first = simulate(broker.address, always)
  await connected()
  const { heard } = broker
  const evidence = () => heard.filter(isEvidence)
  await eventually('some evidence is acknowledged', () => (evidence().length > 60 ? true : null))
  const { boot } = await simulatorStatus(data)
  broker.holding = true
  const held = () => heard.filter(({ acknowledged }) => !acknowledged)
  await eventually('some evidence is received and not acknowledged', () =>
    held().length >= 15 ? true : null,
  )
  await first.end('SIGKILL')
  broker.holding = false
  const lost = new Map(held().map((one) => [keyOf(one), contentOf(one)]))
  const before = heard.length

  simulate(broker.address, always)
  await connected()
  const status = await eventually('the old start is told to its end', async () => {
    const now = await simulatorStatus(data)
    const again = new Set(heard.slice(before).map(keyOf))
    return [...lost.keys()].every((key) => again.has(key)) && now.waitingEvidence < 5 ? now : null
  })
  expect(status.boot).not.toBe(boot)
  const after = heard.slice(before).filter(({ acknowledged }) => acknowledged)
  const again = new Map(after.map((one) => [keyOf(one), contentOf(one)]))
  for (const [key, content] of lost) expect(again.get(key)).toBe(content)

  // every series of the first start is whole: 1, 2, 3 … to its last
  const series = Map.groupBy(
    heard.filter((one) => one.acknowledged && isEvidence(one) && one.body.boot === boot),
    ({ topic }) => topic,
  )
  const holes = [...series].filter(([, list]) => {
    const seqs = new Set(list.map(({ body }) => body.seq))
    return Math.max(...seqs) !== seqs.size
  })
  expect(series.size).toBeGreaterThan(40)
  expect(holes).toEqual([])
  expect(status.dropped).toBe(0)
  // what was sent again says when it was sent, so that it is late and not skewed
  expect(after.filter(({ body }) => body.boot === boot).every(({ body }) => body.at > body.ts)).toBe(true)
})

test('registers go on over a kill and never back', async () => {
  broker = await TestBroker.start(data)
  const { heard } = broker
  for (let round = 0; round < 2; round++) {
    const one = simulate(broker.address)
    const since = heard.length
    await connected()
    await eventually('counts are told', () =>
      heard.slice(since).filter(({ topic }) => topic.endsWith('/count')).length > 20 ? true : null,
    )
    await one.end('SIGKILL')
  }
  const counts = heard.filter(({ topic }) => topic.endsWith('/count'))
  expect(new Set(counts.map(({ body }) => body.boot)).size).toBe(2)
  const back: string[] = []
  for (const [topic, list] of Map.groupBy(counts, (one) => one.topic)) {
    const ordered = list.toSorted((a, b) => a.body.ts - b.body.ts || a.body.seq - b.body.seq)
    ordered.slice(1).forEach(({ body }, i) => {
      const [now, then] = [body['v'], ordered[i]!.body['v']] as Record<string, number>[]
      for (const name of Object.keys(now!)) if (now![name]! < then![name]!) back.push(`${topic} ${name}`)
    })
  }
  expect(back).toEqual([])
})

test('without a broker the plant runs and waits; when it comes, all is told', async () => {
  const early = await TestBroker.start(data)
  const { address } = early
  await early.stop()
  simulate(address)
  await eventually('messages wait', async () => ((await simulatorStatus(data)).waiting > 100 ? true : null))
  const health = await callLocal<{ ok: boolean }>(socketPath(data, 'simulators'), 'GET', '/health')
  expect(health).toMatchObject({
    ok: false,
    checks: { plant: { ok: true }, devices: { ok: false, why: `${devices} of ${devices} not connected` } },
  })
  broker = await TestBroker.start(data, Number(address.split(':')[1]))
  await connected()
  const { heard } = broker
  await eventually('the beginning is told', () => {
    const firsts = heard.filter(({ topic, body }) => topic.endsWith('/state') && body.seq === 1)
    return firsts.length === plant.machines.filter(({ meter }) => !meter).length ? true : null
  })
})

test('a credential that a person has changed is not taken back', async () => {
  broker = await TestBroker.start(data)
  const process = simulate(broker.address)
  await connected()
  const name = 'demo-a/main/machining/l1/lathe-07'
  const calls = broker.calls.length
  broker.issue(name, [name])
  broker.closeConnections()
  await eventually('one device is refused', async () => {
    const status = await simulatorStatus(data)
    return status.refused >= 1 && status.connected === devices - 1 ? true : null
  })
  expect(broker.calls.length).toBe(calls)
  expect(process.output).toMatch(/"level":"warn".*"device":"demo-a\/main\/machining\/l1\/lathe-07".*refused/)
})

test('what only a person can mend is one clear message and exit 78', async () => {
  const noPort = start('simulators/main.ts', ['--mqtt', '127.0.0.1:0', '--plants', plants])
  expect(await noPort.end()).toBe(78)
  expect(noPort.output).toContain('--mqtt HOST:PORT')
  const noPlants = start('simulators/main.ts', ['--mqtt', '127.0.0.1:1', '--plants', path.join(data, 'none')])
  expect(await noPlants.end()).toBe(78)
  expect(noPlants.output).toContain('choose another with --plants')
})

test('at the real broker: all accounts connect, nothing is denied, and a killed broker misses nothing', async () => {
  const ask = () => callLocal<BrokerStatus>(socketPath(data, 'broker'), 'GET', '/status')
  const first = serve('127.0.0.1:0')
  await eventually('the broker answers', ask)
  const address = await eventually('it says where', () => /"mqtt":"([^"]+)"/.exec(first.output)?.[1] ?? null)
  simulate(address)
  const { boot } = await connected()
  await eventually('evidence is journalled', async () =>
    (await simulatorStatus(data)).acknowledged > 200 ? true : null,
  )
  await first.end('SIGKILL')
  await eventually('all have noticed', async () =>
    (await simulatorStatus(data)).connected === 0 ? true : null,
  )
  serve(address)
  await connected()
  await eventually('the backlog is told', async () =>
    (await simulatorStatus(data)).waitingEvidence === 0 ? true : null,
  )
  const status = await ask()
  expect(Object.values(status.accounts).filter((account) => account.connected)).toHaveLength(devices)
  expect(status.denied.total).toBe(0)

  const reader = openJournalReader(path.join(data, 'journal'), { firm: 'demo-a' })
  const seqs = new Map<string, Set<number>>()
  for (let after = 0; ;) {
    const entries = reader.read(after)
    if (entries.length === 0) break
    for (const { topic, payload, commit } of entries) {
      after = commit
      const parsed = parseDeviceTopic(topic)
      if (!parsed || parsed.class === 'telemetry') continue
      const body = JSON.parse(payload.toString()) as Heard['body']
      expect(body.boot).toBe(boot)
      seqs.set(topic, (seqs.get(topic) ?? new Set()).add(body.seq))
    }
  }
  reader.close()
  const holes = [...seqs].filter(([, seen]) => Math.max(...seen) !== seen.size).map(([topic]) => topic)
  expect(seqs.size).toBeGreaterThan(80)
  expect(holes).toEqual([])
})
