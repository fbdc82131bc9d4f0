/** Faults switched on the running simulators, and the truth that they keep: against the real broker, under kills. */
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { FaultList, FaultRow, TruthAnswer } from '#contract/local.ts'
import { parseDeviceTopic } from '#contract/topics.ts'
import { callLocal, socketPath, type LocalError } from '#runtime/local.ts'
import { sizeOf, union, without, type Ranges } from '#store/truth/ranges.ts'
import { readJournal } from './brokerUnderTest.ts'
import { eventually, Process, simulatorStatus, temporaryFolder } from './simulatorUnderTest.ts'

let data: string
let plants: string
let running: Process[] = []

beforeEach(() => {
  data = temporaryFolder()
  plants = path.join(data, 'plants')
  fs.mkdirSync(path.join(plants, 'case'), { recursive: true })
  fs.copyFileSync(
    path.resolve(import.meta.dirname, '../cases/plant.yaml'),
    path.join(plants, 'case', 'plant.yaml'),
  )
})
afterEach(async () => {
  await Promise.all(running.map((one) => one.end('SIGKILL')))
  running = []
  fs.rmSync(data, { recursive: true, force: true })
})

function start(entry: string, ...args: string[]): Process {
  const quick = { BAIYUAN_SIM_RATE: '20', BAIYUAN_SIM_SPEED: '100', BAIYUAN_SIM_SEED: '6' }
  const one = new Process(entry, ['--data', data, '--plants', plants, ...args], quick)
  running.push(one)
  return one
}
const serve = (mqtt: string) => start('broker/main.ts', '--mqtt', mqtt, '--mqtt-ws', '127.0.0.1:0')
const simulate = (mqtt: string) => start('simulators/main.ts', '--mqtt', mqtt)
const ask = <T>(route: string, body?: object) =>
  callLocal<T>(socketPath(data, 'simulators'), body ? 'POST' : 'GET', route, body)
const acknowledged = async () => (await simulatorStatus(data)).acknowledged
/** Waits until so many messages more are acknowledged. */
const whole = async (n: number) => {
  const from = await acknowledged()
  await eventually(`${n} more are acknowledged`, async () =>
    (await acknowledged()) >= from + n ? true : null,
  )
}
const refused = (request: Promise<unknown>) =>
  request.then(
    () => 'taken',
    (error: LocalError) => `${error.status} ${error.message}`,
  )

/** Seqs of evidence by `machine class boot`, and how many messages are no JSON. */
function journalled(): { readonly streams: Map<string, Ranges>; readonly broken: number } {
  const streams = new Map<string, Ranges>()
  let broken = 0
  for (const { topic, payload } of readJournal(data)) {
    const parsed = parseDeviceTopic(topic)
    if (!parsed || parsed.class === 'telemetry') continue
    try {
      const body = JSON.parse(payload.toString()) as { boot: string; seq: number; items?: { seq: number }[] }
      if (body.boot === undefined) broken++
      const key = `${parsed.machine} ${parsed.class} ${body.boot}`
      for (const { seq } of body.items ?? [body])
        if (body.boot !== undefined) streams.set(key, union(streams.get(key) ?? [], [seq, seq]))
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      broken++
    }
  }
  return { streams, broken }
}

test(
  'what devices believe acknowledged is what the journal holds, under every transport fault at once and a broker killed twice',
  { timeout: 150_000 },
  async () => {
    const first = serve('127.0.0.1:0')
    const address = await eventually(
      'the broker says where',
      () => /"mqtt":"([^"]+)"/.exec(first.output)?.[1] ?? null,
    )
    simulate(address)
    await eventually('every device is connected', async () =>
      (await simulatorStatus(data)).connected === 2 ? true : null,
    )
    const sizes: Record<string, object> = {
      dropout: { probability: 0.2, params: { burst: 2 } },
      loss: { probability: 0.3 },
      reorder: { probability: 0.2, params: { max_s: 4 } },
      duplicate: { probability: 0.3, params: { delay_s: 1 } },
      gateway_outage: { params: { lasts_s: 5, every_s: 14, batch_items: 20 } },
      clock_skew: { probability: 0.2 },
      clock_jump: { params: { lasts_s: 3, every_s: 9 } },
      poison: { probability: 0.05 },
      wrong_type: { probability: 0.05 },
      reboot: { params: { down_s: 1, every_s: 13 } },
      plug_pulled: { params: { lasts_s: 2, every_s: 17 } },
    }
    const { kinds } = await ask<FaultList>('/faults')
    const ids: string[] = []
    for (const { name } of kinds.filter(({ kind }) => kind === 'transport'))
      ids.push((await ask<FaultRow>('/faults', { fault: name, ...sizes[name] })).id)
    expect(ids).toHaveLength(11)
    await whole(30)
    await first.end('SIGKILL')
    const second = serve(address)
    await whole(20)
    await second.end('SIGKILL')
    serve(address)
    await whole(20)
    for (const id of ids) await ask('/faults/stop', { id })
    await eventually('all is told', async () => {
      const { waitingEvidence, held, faults, connected } = await simulatorStatus(data)
      return waitingEvidence === 0 && held === 0 && faults === 0 && connected === 2 ? true : null
    })
    expect(await running[1]!.end('SIGTERM')).toBe(0)

    // the truth is on the disk: its last turn is taken up by the next start
    simulate(address)
    const { firms } = await eventually('the truth is answered', () => ask<TruthAnswer>('/truth?notes=5000'))
    const { notes, streams: told, named } = firms[0]!
    const { streams, broken } = journalled()
    const poisoned = new Map<string, Ranges>()
    for (const { machine, class: cls, boot, seq, what } of notes.filter((note) => note.what === 'poison')) {
      const key = `${machine} ${cls} ${boot} ${what}`
      poisoned.set(key, union(poisoned.get(key) ?? [], [seq, seq]))
    }
    const evidence = told.filter((one) => one.class !== 'telemetry' && one.acknowledged.length > 0)
    expect(new Set(evidence.map(({ boot }) => boot)).size).toBeGreaterThan(2)
    expect(evidence.reduce((n, one) => n + sizeOf(one.acknowledged), 0)).toBeGreaterThan(10)
    for (const { machine, class: cls, boot, acknowledged: acked, sent } of evidence) {
      const key = `${machine} ${cls} ${boot}`
      const held = streams.get(key) ?? []
      const readable = without(acked, poisoned.get(`${key} poison`) ?? [])
      expect(without(readable, held), `${key}: acknowledged and not in the journal`).toEqual([])
      expect(without(held, sent), `${key}: in the journal and never sent`).toEqual([])
    }
    expect(broken).toBeGreaterThanOrEqual(
      evidence.flatMap(
        ({ machine, class: cls, boot }) => poisoned.get(`${machine} ${cls} ${boot} poison`) ?? [],
      ).length / 2,
    )
    // each of the eleven has struck: those of items are in the truth, those of devices in the log
    const did = new Set(named.map(({ what }) => what))
    for (const line of running[1]!.output.split('\n')) {
      const began = /"fault":"([a-z_]+)".*fault begins/.exec(line)?.[1]
      if (began !== undefined) did.add(began)
    }
    const transport = kinds.filter(({ kind }) => kind === 'transport').map(({ name }) => name)
    expect([...did]).toEqual(expect.arrayContaining([...transport, 'times']))
  },
)

test('faults are switched on the running plant, survive a kill, and a wrong request says what is wrong', async () => {
  const one = simulate('127.0.0.1:9')
  const ready = () => eventually('it answers', () => ask<FaultList>('/faults'))
  expect((await ready()).running).toEqual([])
  const lathe = 'case/main/shop/l1/lathe-01'
  const row = await ask<FaultRow>('/faults', {
    fault: 'flatline',
    machines: [lathe],
    params: { measure: 'power_kw', value: 33 },
  })
  expect(row).toMatchObject({ id: 'f1', probability: 1, from: null, to: null, seed: 6 })
  const changed = await ask<FaultRow>('/faults', { fault: 'flatline', id: 'f1', params: { value: 34 } })
  expect(changed).toEqual({ ...row, params: { measure: 'power_kw', value: 34 } })
  const wrong = {
    fault: 'duplicate',
    machines: ['other'],
    probability: 2,
    params: { copies: 99, x: 1 },
    to: 1.5,
  }
  expect(await refused(ask('/faults', wrong))).toBe(
    '400 no simulated machine other; to is no whole number; probability is no number from 0 to 1; ' +
      'copies 99 is outside 1 to 20; duplicate has no x',
  )
  expect(await refused(ask('/faults', { fault: 'dupe' }))).toMatch(/^400 no fault dupe: dropout, loss, /)
  expect(await refused(ask('/faults/stop', { id: 'f9' }))).toBe('404 no fault f9 is in force')
  expect(await refused(ask('/truth?machine=other'))).toBe('404 no simulated firm other')

  const told = () =>
    ask<TruthAnswer>(`/truth?machine=${lathe}`).then(
      ({ firms }) => firms[0]!.named.find(({ what }) => what === 'flatline')?.items ?? null,
    )
  const before = await eventually('it acts', told)
  await one.end('SIGKILL')
  simulate('127.0.0.1:9')
  expect((await ready()).running).toEqual([changed])
  await eventually('it goes on', async () => ((await told())! > before ? true : null))
  const other = await ask<TruthAnswer>('/truth?machine=case/main/shop/l1/lathe-02')
  expect(other.firms[0]!.named).toEqual([])
  await ask('/faults/stop', { id: 'f1' })
  expect((await ready()).running).toEqual([])
  expect(fs.statSync(path.join(data, 'truth', 'case.db')).mode & 0o777).toBe(0o600)
})
