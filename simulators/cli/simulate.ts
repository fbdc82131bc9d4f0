/**
 * `npm run simulate -- --scenario retrofit --seed 7 --from 2026-03-02 --to 2026-03-09 --data data`: a simulated plant of a scenario, live or
 * over a past interval, told to a running installation (which gets a firm of its own for it), to any broker, or to nobody. Ends by itself
 * when an interval is given. Exit code 1: something that it believed delivered was refused, or not all of it could be told.
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { readPlantFile } from '#contract/plantFile.ts'
import { readFullEffect, readRecords } from '#contract/plantFolder.ts'
import type { FaultRequest, RunRequest } from '#contract/local.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { DAY } from '#domain/time.ts'
import { createLog } from '#runtime/log.ts'
import { EXIT_CONFIG, OperatorError } from '#runtime/process.ts'
import { CATALOGUE } from '../faults/catalogue.ts'
import { Outbox } from '../outbox.ts'
import { Run, switchboardOf, type RunSpec } from '../run.ts'
import { FAST_BATCH, runProblems, specOf, STARTABLE } from '../runRequest.ts'
import { readSimSettings } from '../settings.ts'
import { dryRun } from './dryRun.ts'
import { faultOf } from './faultFlag.ts'
import { instantOf } from './instant.ts'
import { loadRun } from './loadRun.ts'
import { printStatus, verdictOf } from './report.ts'
import { anyBroker, freeFirm, installation, type Target } from './target.ts'
import { writeTruth } from './truthFile.ts'

type Flags = {
  scenario: string
  seed: number
  plant: string
  from?: number
  to?: number
  speed?: number
  fault: string[]
  firm?: string
  signals: boolean
  batch?: number
  data?: string
  mqtt?: string
  credentials?: string
  dryRun?: true
  truth?: string
  load?: number
  rate: number
  seconds: number
  inFlight: number
}

const whole = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('must be a whole number')
  return Number(text)
}

const speedOf = (text: string): number => {
  if (text === 'max') return 0
  const speed = Number(text)
  if (!(speed > 0)) throw new InvalidArgumentError('must be a number above 0, or max')
  return speed
}

const program = (): Command =>
  new Command('simulate')
    .description('a simulated plant with a known true answer; every value is illustrative')
    .addOption(new Option('--scenario <name>', 'what happens').choices([...STARTABLE]).default('baseline'))
    .option('--seed <n>', 'which of the possible plants it is', whole, 1)
    .option('--plant <file>', 'plant file', 'plants/demo-a/plant.yaml')
    .option('--from <time>', 'begin of a past interval (Asia/Shanghai)', instantOf)
    .option('--to <time>', 'its end', instantOf)
    .option('--speed <x>', 'plant seconds per second, or max (default with an interval)', speedOf)
    .option('--fault <fault...>', 'name[@machine,…][:parameter=value,…]; p is the probability', [])
    .option('--firm <name>', 'name of the firm, sim-…')
    .option('--no-signals', 'evidence alone: counts, states, events')
    .option('--batch <n>', 'items of a message (default 1 live, 60 over an interval)', whole)
    .option('--data <dir>', 'a running installation')
    .option('--mqtt <host:port>', 'any broker')
    .option('--credentials <file>', 'for --mqtt: JSON {path: {clientId, username, password}}')
    .option('--dry-run', 'tell nobody: count, and print a digest')
    .option('--truth <file>', 'write the true answer as JSON lines')
    .option('--load <devices>', 'instead of a plant: so many equal devices, and a report', whole)
    .option(
      '--rate <n>',
      'of --load: messages/s of all devices (0: as fast as they are acknowledged)',
      whole,
      0,
    )
    .option('--seconds <n>', 'of --load: how long', whole, 10)
    .option('--in-flight <n>', 'of --load: unacknowledged messages of one device', whole, 1)
    .showHelpAfterError()
    .exitOverride()

async function main(flags: Flags): Promise<number> {
  const { load } = flags
  if (load !== undefined) return inFolder((folder) => loadRun({ ...flags, load }, folder))
  const targets = [flags.data, flags.mqtt, flags.dryRun].filter((one) => one !== undefined)
  if (targets.length !== 1)
    throw new OperatorError('where to? give one of --data DIR, --mqtt HOST:PORT, --dry-run')
  if (flags.dryRun && flags.from === undefined) throw new OperatorError('--dry-run needs --from and --to')
  if (flags.truth !== undefined && flags.from === undefined)
    throw new OperatorError('--truth needs --from and --to')
  const wanted = flags.firm ?? `sim-${flags.scenario}-${flags.seed}`
  const firm = flags.data === undefined ? wanted : await freeFirm(flags.data, wanted)
  const plant = plantOf(flags.plant, firm)
  const spec = checkedSpec(flags, plant)
  const faults = flags.fault.map((text) => faultOf(text, firm))
  refuseFaults(flags, spec, faults)
  return inFolder(async (folder) =>
    simulate(flags, spec, faults, await targetOf(flags, plant, folder), folder),
  )
}

/** Work with a folder of its own, which goes afterwards. */
async function inFolder(work: (folder: string) => Promise<number>): Promise<number> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'baiyuan-simulate-'))
  try {
    return await work(folder)
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

function plantOf(file: string, firm: string): Plant {
  let text: string
  try {
    text = fs.readFileSync(file, 'utf8')
  } catch (error) {
    throw new OperatorError(
      `the plant file ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`,
    )
  }
  const own = /^firm: *([a-z0-9_-]+)/m.exec(text)?.[1] ?? ''
  const reading = readPlantFile(text, own)
  if ('plant' in reading) return { ...reading.plant, firm, simulated: true }
  const faults = reading.faults.map(({ line, path: at, message }) => `${file}:${line}: ${at} ${message}`)
  throw new OperatorError(faults.join('\n'))
}

function checkedSpec(flags: Flags, plant: Plant): RunSpec {
  const { scenario, seed, from, to, speed, signals } = flags
  const request: RunRequest = {
    firm: plant.firm,
    plant,
    scenario,
    seed,
    signals,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(speed === undefined ? {} : { speed }),
  }
  const problems = runProblems(request, Date.now())
  if (problems.length > 0) throw new OperatorError(problems.join('\n'))
  const spec = specOf(request, readSimSettings(process.env))
  const batch = flags.batch ?? (spec.interval && speed !== 1 ? FAST_BATCH : 1)
  if (batch < 1 || batch > 1000) throw new OperatorError('--batch must be from 1 to 1000')
  return { ...spec, batch }
}

/** Of a run that is told to nobody. */
const NOBODY: Target = anyBroker('127.0.0.1:1', undefined)

/** Records beside the plant file; of the scenario `retrofit` those of its full effect. Faulty or none: nothing is valued. */
function recordsOf(flags: Flags): readonly object[] {
  const folder = path.dirname(path.resolve(flags.plant))
  const [dir, firm] = [path.dirname(folder), path.basename(folder)]
  const since = (flags.from ?? Date.now()) - DAY
  const after = flags.scenario === 'retrofit' ? readFullEffect(dir, firm, since) : null
  const reading = after ? null : readRecords(dir, firm)
  return after ?? (reading && 'records' in reading ? reading.records : [])
}

async function targetOf(flags: Flags, plant: Plant, folder: string): Promise<Target> {
  if (flags.data !== undefined) return installation(flags.data, plant, recordsOf(flags), folder)
  return flags.mqtt === undefined ? NOBODY : anyBroker(flags.mqtt, flags.credentials)
}

/** Before a firm is made for it: faults that do not exist, or would strike nobody. Throws OperatorError. */
function refuseFaults(flags: Flags, spec: RunSpec, faults: readonly FaultRequest[]): void {
  const trial = switchboardOf(spec, new Outbox(':memory:'))
  faults.forEach((request, i) => {
    const answer = trial.start(request)
    if (!answer.ok) throw new OperatorError(`--fault ${flags.fault[i]}: ${answer.problems.join('; ')}`)
  })
  const { dryRun: dry, scenario } = flags
  if (dry && (scenario === 'bad-day' || trial.list.some(({ name }) => CATALOGUE[name].kind !== 'process')))
    throw new OperatorError('--dry-run has no devices: faults of sensors and of the way strike nobody')
}

async function simulate(
  flags: Flags,
  spec: RunSpec,
  faults: readonly FaultRequest[],
  target: Target,
  folder: string,
): Promise<number> {
  const { broker, secrets } = target
  const run = new Run(spec, {
    folder,
    truth: path.join(folder, 'truth'),
    broker,
    secrets,
    log: createLog('simulate'),
  })
  const plant = spec.plants[0]!
  try {
    for (const request of faults) run.faults.start(request)
    if (flags.dryRun) {
      const { life } = run.bear(plant, Date.now())
      life.strike(run.faults.onProcess(plant.firm))
      const told = dryRun(life, spec.interval!.to)
      process.stdout.write(`${JSON.stringify({ firm: plant.firm, ...told })}\n`)
      return truthTo(flags, plant, life, spec)
    }
    run.begin()
    await untilEnded(run)
    const code = verdictOf(run, await target.counts(plant.firm))
    return Math.max(code, truthTo(flags, plant, run.living(plant.firm)!.life, spec))
  } finally {
    await run.stop('stopped')
    run.close()
  }
}

function truthTo(flags: Flags, plant: Plant, life: Parameters<typeof writeTruth>[2], spec: RunSpec): number {
  if (flags.truth === undefined) return 0
  const rows = writeTruth(flags.truth, plant, life, spec.interval!)
  process.stdout.write(`${rows} rows of truth in ${flags.truth}\n`)
  return 0
}

/** Until an interval is told and its devices have left, or Ctrl-C. */
async function untilEnded(run: Run): Promise<void> {
  const onSignal = () => void run.stop('stopped')
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  const status = printStatus(run)
  try {
    await run.connect()
    while (run.ended === undefined) await new Promise((done) => setTimeout(done, 100))
    await run.stop('stopped')
  } finally {
    status.end()
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

/** What the words of a command line do: the exit code. What is wrong is said on stderr. */
export async function simulateCommand(words: readonly string[]): Promise<number> {
  try {
    return await main(program().parse(words, { from: 'user' }).opts<Flags>())
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode // it has said why
    const mend = error instanceof OperatorError
    process.stderr.write(`${mend ? error.message : String((error as Error).stack)}\n`)
    return mend ? EXIT_CONFIG : 1
  }
}

if (import.meta.main) process.exitCode = await simulateCommand(process.argv.slice(2))
