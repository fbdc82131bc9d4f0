/** An installation as its operator meets it: start, one clear message for each fault of his, stop in order. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import mqtt from 'mqtt'
import { FleetDevice } from './fleet.ts'
import { Installation, until } from './installation.ts'
import { expectBalanced, expectNothingLost, expectVerified, settled } from './reconcile.ts'
import { machineOf, writeWorks } from './works.ts'

const root = path.resolve(import.meta.dirname, '../..')

/** Runs main.ts until it ends by itself; its exit code and what it said. */
function fails(...args: string[]): { code: number | null; said: string } {
  const done = spawnSync(process.execPath, [path.join(root, 'main.ts'), ...args], {
    cwd: root,
    encoding: 'utf8',
    timeout: 60_000,
  })
  return { code: done.status, said: done.stderr + done.stdout }
}

describe('what the operator must mend is one clear message and exit code 78', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mend-'))
  afterAll(() => fs.rmSync(folder, { recursive: true }))
  const free = [
    '--http',
    '127.0.0.1:0',
    '--mqtt',
    '127.0.0.1:0',
    '--mqtt-ws',
    '127.0.0.1:0',
    '--no-simulator',
  ]

  test('a busy port names the option', async () => {
    const server = net.createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as net.AddressInfo
    const { code, said } = fails('--data', path.join(folder, 'busy'), ...free, '--mqtt', `127.0.0.1:${port}`)
    server.close()
    expect(said).toContain(
      `127.0.0.1:${port} is in use by another program: choose another with --mqtt HOST:PORT`,
    )
    expect(code).toBe(78)
  })

  test('a folder that cannot be made names --data', () => {
    fs.writeFileSync(path.join(folder, 'file'), '')
    const { code, said } = fails('--data', path.join(folder, 'file', 'data'), ...free)
    expect(said).toMatch(
      /the data folder .*file\/data cannot be written \(ENOTDIR\): choose another with --data/,
    )
    expect(code).toBe(78)
  })

  test('a faulty plant file is named with line and path', () => {
    const plants = writeWorks('faulty', 2)
    const file = path.join(plants, 'faulty', 'plant.yaml')
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('rated_kw: 15', 'rated_kw: fifteen'))
    const { code, said } = fails('--data', path.join(folder, 'plants'), '--plants', plants, ...free)
    expect(said).toMatch(/plant\.yaml:\d+ kinds\.press\.rated_kw: /)
    expect(code).toBe(78)
  })

  test('an unknown option lists the known ones', () => {
    const { code, said } = fails('--htp', ':1')
    expect(said).toContain('--htp is no option')
    expect(said).toContain('--http')
    expect(code).toBe(78)
  })
})

describe('a running installation', () => {
  const firm = 'run-works'
  const installation = new Installation(writeWorks(firm, 3))
  beforeAll(() => installation.start())
  afterAll(async () => {
    await installation.stop()
    installation.remove()
  })

  test('run.json is private and names the addresses; /health and /ready answer', async () => {
    const file = path.join(installation.data, 'run.json')
    expect(fs.statSync(file).mode & 0o777).toBe(0o600)
    expect(fs.statSync(installation.data).mode & 0o777).toBe(0o700)
    const run = installation.run()
    expect(run.signIn).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/setup\?token=/)
    // false until the simulated devices are connected
    await until(async () => (await fetch(`${run.http}/health`)).status === 200)
    const health = await fetch(`${run.http}/health`)
    expect(JSON.stringify(await health.json())).not.toContain(firm)
    expect((await fetch(`${run.http}/ready`)).status).toBe(200)
    expect((await fetch(`${run.http}/metrics`)).status).toBe(401)
  })

  test('the processes started alone answer on their sockets', async () => {
    for (const name of ['broker', 'ingest', 'api', 'simulators']) {
      await until(async () => (await installation.local<{ ok: boolean }>(name, 'GET', '/health')).ok)
      expect(await installation.local(name, 'GET', '/health')).toMatchObject({ ok: true })
      expect(await installation.local(name, 'GET', '/metrics')).toContain(`process="${name}"`)
    }
  })

  test('the sign-in link leaves run.json once there is an administrator', async () => {
    const { http, signIn } = installation.run()
    const answer = await fetch(`${http}/api/v1/setup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: http },
      body: JSON.stringify({
        token: new URL(signIn!).searchParams.get('token'),
        name: 'administrator-1',
        password: 'a long enough secret',
      }),
    })
    expect(answer.ok).toBe(true)
    await until(() => installation.run().signIn === undefined)
    expect(installation.run()).toMatchObject({ http })
  })

  test('a second start on the same folder is refused', () => {
    const { code, said } = fails('--data', installation.data, '--no-simulator')
    expect(said).toContain('is in use by process')
    expect(code).toBe(78)
  })

  test('a packet from a foreign client is stored, shown and counted', async () => {
    const { token } = installation.tool<{ token: string }>(
      'api/cli/token.ts',
      'add',
      '--role',
      'engineer',
      '--firm',
      firm,
    )
    const secret = installation.tool<{ clientId: string; username: string; password: string }>(
      'broker/cli/device.ts',
      'add',
      `${firm}/${machineOf(0)}`,
    )
    const client = await mqtt.connectAsync(`mqtt://${installation.run().mqtt}`, secret)
    await client.publishAsync(
      `v1/${firm}/${machineOf(0)}/telemetry`,
      `{"ts":${Date.now()},"seq":1,"boot":"x","v":{"power_kw":7.25}}`,
      {
        qos: 1,
      },
    )
    await client.publishAsync(
      `v1/${firm}/${machineOf(0)}/state`,
      `{"ts":${Date.now()},"seq":1,"boot":"x","state":"RUN"}`,
      { qos: 1 },
    )
    await client.publishAsync(
      `v1/${firm}/${machineOf(0)}/telemetry`,
      `{"ts":${Date.now()},"seq":2,"boot":"x","v":{"powr":1}}`,
      { qos: 1 },
    )
    await client.endAsync()
    await until(async () => {
      const machines = await installation.get<
        { machine: string; state: string; values: Record<string, { value: number }> }[]
      >(`/firms/${firm}/machines`, token)
      const machine = machines.find((one) => one.machine === machineOf(0))
      return machine?.state === 'RUN' && machine.values['power_kw']?.value === 7.25
    }, 2000)
    const quarantined = async () =>
      (
        await installation.get<{ rows: { reason: string; detail: string }[] }>(
          `/firms/${firm}/quarantine`,
          token,
        )
      ).rows
    // what is put aside is in the ledger within a second
    await until(async () => (await quarantined()).length > 0, 5000)
    expect(await quarantined()).toMatchObject([
      { reason: 'unknown_measure', detail: expect.stringContaining('powr') },
    ])
  })

  test('F17 SIGTERM under load stops in order, exits 0 and loses nothing', async () => {
    const run = installation.run()
    const secret = await installation.device(`${firm}/${machineOf(1)}`)
    const device = new FleetDevice(run.mqtt, secret, firm, machineOf(1), 'f17')
    const timer = setInterval(() => device.measure(Date.now()), 5)
    await until(() => device.acknowledged.length > 100)
    const began = performance.now()
    expect(await installation.stop('SIGTERM')).toBe(0)
    expect(performance.now() - began).toBeLessThan(10_000)
    expect(fs.existsSync(path.join(installation.data, 'run.json'))).toBe(false)
    expect(installation.output).toContain('stopped; nothing acknowledged was lost')
    clearInterval(timer)
    await installation.start()
    await until(() => device.waiting === 0)
    await device.end()
    await settled(installation)
    await expectNothingLost(installation, firm, device.acknowledged)
    await expectBalanced(installation, firm)
    expectVerified(installation)
  })

  test('a supervisor that is killed leaves no process behind', async () => {
    const pids = ['broker', 'ingest', 'api', 'simulators'].map((name) => installation.pid(name))
    await installation.stop('SIGKILL')
    await until(() => pids.every((pid) => !alive(pid)), 15_000)
    // What a power cut may leave: a torn notice, or one whose pid is somebody else's by now.
    fs.writeFileSync(path.join(installation.data, 'run.json'), '{"pi')
    await installation.start()
    await installation.stop('SIGKILL')
    const notice = {
      ...JSON.parse(fs.readFileSync(path.join(installation.data, 'run.json'), 'utf8')),
      pid: process.pid,
    }
    fs.writeFileSync(path.join(installation.data, 'run.json'), JSON.stringify(notice))
    await until(() => !running(installation))
    await installation.start()
    const health = async () =>
      (await (await fetch(`${installation.run().http}/health`)).json()) as { ok: boolean }
    await until(async () => (await health()).ok)
    expect(await health()).toMatchObject({ ok: true })
  })
})

function running(installation: Installation): boolean {
  try {
    return installation.pid('broker') > 0
  } catch {
    return false
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
