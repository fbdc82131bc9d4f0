/** Sustained acknowledged QoS 1 messages/s through journal, pipeline and historian, beside mosquitto and one subscriber. */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { until } from '../test/e2e/installation.ts'
import { mosquitto } from '../test/services.ts'
import { machineOf } from '../test/e2e/works.ts'
import { deviceTopic } from '#contract/topics.ts'
import { countsOf, FIRM, row, runLoad, startPlant, whole, type BenchPlant } from './plant.ts'
import { usageOf, usedSince } from './usage.ts'
import type { Account, Result } from '../simulators/load/load.ts'

const DEVICES = 500
const PROCESSES = ['broker', 'ingest', 'api'] as const

export async function measureThroughput(seconds: number): Promise<void> {
  process.stdout.write(
    `Throughput: ${DEVICES} connections, QoS 1, payloads of 148 bytes with 4 measures, ${seconds} s\n\n`,
  )
  row(
    'path',
    'in flight',
    'acknowledged/s',
    'p50 ms',
    'p99 ms',
    'largest backlog',
    'drained in s',
    'B written/message',
    'CPU s',
  )
  row('---', '---:', '---:', '---:', '---:', '---:', '---:', '---:', '---')
  const ratios: string[] = []
  for (const inFlight of [1, 4]) {
    const ours = await measureOurs(inFlight, seconds)
    const pair = await measurePair(inFlight, seconds)
    ratios.push(`${inFlight} in flight: ${(ours.perSecond / pair.perSecond).toFixed(2)} of the pair`)
  }
  process.stdout.write(`\n${ratios.join('; ')}\n\n`)
}

async function measureOurs(inFlight: number, seconds: number): Promise<Result> {
  const plant = await startPlant(DEVICES)
  const { installation, accounts, port } = plant
  try {
    await runLoad({ port, accounts, inFlight, seconds: 3, rate: 0 }) // warm
    await drained(plant)
    const before = Object.fromEntries(PROCESSES.map((name) => [name, usageOf(installation.pid(name))]))
    let backlog = 0
    const watch = setInterval(() => {
      void countsOf(installation).then(
        ({ entries }) => (backlog = Math.max(backlog, entries.received - entries.done)),
      )
    }, 1000)
    const result = await runLoad({ port, accounts, inFlight, seconds, rate: 0 })
    const ended = performance.now()
    clearInterval(watch)
    await drained(plant)
    const drain = (performance.now() - ended) / 1000
    const used = PROCESSES.map(
      (name) => [name, usedSince(before[name]!, usageOf(installation.pid(name)))] as const,
    )
    const written = used.reduce((sum, [, usage]) => sum + usage.writtenMb, 0)
    row(
      'baiyuan, stored before PUBACK',
      inFlight,
      whole(result.perSecond),
      result.p50Ms,
      result.p99Ms,
      whole(backlog),
      drain.toFixed(1),
      Math.round((written * 1e6) / result.acknowledged),
      used.map(([name, usage]) => `${name} ${usage.cpuS.toFixed(0)}`).join(', '),
    )
    return result
  } finally {
    await installation.stop()
    installation.remove()
  }
}

async function drained({ installation }: BenchPlant): Promise<void> {
  await until(async () => (await countsOf(installation)).entries.inFlight <= 1, 300_000, 100)
}

async function measurePair(inFlight: number, seconds: number): Promise<Result> {
  // No limit on what mosquitto holds for its subscriber: a limit would drop what the subscriber is too slow for.
  const service = await mosquitto({
    config: ['allow_anonymous true', 'max_queued_messages 0', 'max_inflight_messages 0'],
  })
  if ('missing' in service) throw new Error(service.missing)
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'pair-'))
  const pair = spawn(
    process.execPath,
    [path.join(import.meta.dirname, 'pair.ts'), String(service.port), dir],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  try {
    await new Promise((done) => setTimeout(done, 1000))
    const accounts: Account[] = Array.from({ length: DEVICES }, (_, number) => ({
      clientId: `d${number}`,
      topic: deviceTopic(FIRM, machineOf(number), 'telemetry'),
    }))
    await runLoad({ port: service.port, accounts, inFlight, seconds: 3, rate: 0 })
    const before = usageOf(pair.pid!)
    const result = await runLoad({ port: service.port, accounts, inFlight, seconds, rate: 0 })
    const used = usedSince(before, usageOf(pair.pid!))
    const bytes = Math.round((used.writtenMb * 1e6) / result.acknowledged)
    row(
      'mosquitto + subscriber',
      inFlight,
      whole(result.perSecond),
      result.p50Ms,
      result.p99Ms,
      'not known',
      '-',
      bytes,
      `subscriber ${used.cpuS.toFixed(0)}`,
    )
    return result
  } finally {
    pair.kill('SIGKILL')
    await service.stop()
    fs.rmSync(dir, { recursive: true, force: true })
  }
}
