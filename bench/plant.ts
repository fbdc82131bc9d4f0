/** A running installation with a works of equal machines, and load against it. */
import { spawn } from 'node:child_process'
import path from 'node:path'
import type { Counts } from '#contract/live.ts'
import { deviceTopic } from '#contract/topics.ts'
import { Installation } from '../test/e2e/installation.ts'
import { machineOf, writeWorks } from '../test/e2e/works.ts'
import { LOAD_BYTES, type Account, type Job, type Result } from '../simulators/load/load.ts'

export const FIRM = 'bench-works'

export type BenchPlant = {
  readonly installation: Installation
  readonly accounts: readonly Account[]
  readonly port: number
}

/** Starts an installation with `machines` machines, each with its own credential. */
export async function startPlant(machines: number): Promise<BenchPlant> {
  const installation = new Installation(writeWorks(FIRM, machines))
  const run = await installation.start(['--no-simulator'])
  const accounts: Account[] = []
  for (let number = 0; number < machines; number++) {
    const secret = await installation.device(`${FIRM}/${machineOf(number)}`)
    accounts.push({ ...secret, topic: deviceTopic(FIRM, machineOf(number), 'telemetry') })
  }
  return { installation, accounts, port: Number(run.mqtt.split(':').at(-1)) }
}

/** Runs the load in its own process. */
export function runLoad(job: Omit<Job, 'host' | 'bytes'>): Promise<Result> {
  const file = path.join(import.meta.dirname, 'load.ts')
  const child = spawn(
    process.execPath,
    [file, JSON.stringify({ host: '127.0.0.1', bytes: LOAD_BYTES, ...job })],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let output = ''
  child.stdout.on('data', (text: Buffer) => (output += text.toString()))
  return new Promise((resolve, reject) => {
    child.on('exit', (code) =>
      code === 0 ? resolve(JSON.parse(output) as Result) : reject(new Error(`load ended with ${code}`)),
    )
  })
}

export const countsOf = (installation: Installation): Promise<Counts> =>
  installation.local<Counts>('ingest', 'GET', `/counts?firm=${FIRM}`)

export const row = (...cells: readonly (string | number)[]): void => {
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
}

export const whole = (number: number): string => Math.round(number).toLocaleString('en')
