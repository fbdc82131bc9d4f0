/**
 * Where a run of the command line goes: a running installation (`--data`), which gets a firm of its own for it, or any broker (`--mqtt`),
 * with the credentials of a file or without.
 */
import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import type { Counts } from '#contract/live.ts'
import type { ControlRequest, DeviceSecret, IngestStatus } from '#contract/local.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { callLocal, LocalError, socketPath } from '#runtime/local.ts'
import { OperatorError } from '#runtime/process.ts'
import { readRun, type Run as Installation } from '#runtime/runFile.ts'
import { parseAddress } from '#runtime/settings.ts'
import { CredentialFile } from '../credentials.ts'
import type { BrokerAddress } from '../device.ts'
import type { RunParts } from '../run.ts'

export type Target = {
  readonly broker: BrokerAddress
  readonly secrets: RunParts['secrets']
  /** What the installation made of the firm's messages, once it has been through all of them; null: nobody to be asked. */
  readonly counts: (firm: string) => Promise<Counts | null>
}

/** A firm name that the installation does not know yet: `sim-retrofit-7`, `sim-retrofit-7-2` … */
export async function freeFirm(data: string, wanted: string): Promise<string> {
  runOn(data)
  const known = await callLocal<Record<string, Counts>>(socketPath(data, 'ingest'), 'GET', '/counts')
  for (let n = 1; ; n++) {
    const firm = n === 1 ? wanted : `${wanted}-${n}`
    if (!(firm in known)) return firm
  }
}

function runOn(data: string): Installation {
  const run = readRun(data)
  if (!run) throw new OperatorError(`no installation runs on ${data}: start it, or give --mqtt HOST:PORT`)
  return run
}

/**
 * The running installation of a data folder, with the plant in force, and what it is valued by. Throws OperatorError when none runs there.
 */
export async function installation(
  data: string,
  plant: Plant,
  records: readonly object[],
  folder: string,
): Promise<Target> {
  const run = runOn(data)
  const socket = socketPath(data, 'broker')
  const at = Date.now()
  const put = async (kind: 'plant.put' | 'record.put', role: 'engineer' | 'manager', body: unknown) => {
    const reason = 'a simulated plant of the command line'
    const entry = { id: randomUUID(), by: 'simulate', role, at, kind, version: 1, reason, body } as const
    await callLocal(socket, 'POST', '/control', { firm: plant.firm, entry } satisfies ControlRequest)
  }
  await put('plant.put', 'engineer', plant)
  if (records.length > 0) await put('record.put', 'manager', { records })
  const secrets = new CredentialFile(path.join(folder, 'credentials.json'), socket)
  return {
    broker: mqttAddress(run.mqtt),
    secrets,
    counts: (firm) => countsAfterAll(data, firm),
  }
}

/** Any broker. Without a file of credentials `{path: {clientId, username, password}}` the devices connect without. */
export function anyBroker(mqtt: string, credentials: string | undefined): Target {
  const secrets = credentials === undefined ? null : readCredentials(credentials)
  return {
    broker: mqttAddress(mqtt),
    secrets: {
      provide: async (devices) => {
        const missing = devices.filter(({ path: device }) => secrets && !secrets[device])
        if (missing.length > 0)
          throw new OperatorError(`${credentials} has no ${missing.map((one) => one.path).join(', ')}`)
      },
      secretOf: (device) => (secrets ? secrets[device] : anonymous(device)),
      remove: async () => undefined,
    },
    counts: async () => null,
  }
}

const anonymous = (device: string): DeviceSecret => ({
  clientId: device.replaceAll('/', '.'),
  username: '',
  password: '',
})

function readCredentials(file: string): Record<string, DeviceSecret> {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, DeviceSecret>
  } catch (error) {
    throw new OperatorError(`the credentials ${file} cannot be read: ${(error as Error).message}`)
  }
}

const mqttAddress = (text: string): BrokerAddress => ({ protocol: 'mqtt', ...parseAddress(text) })

const PATIENCE_MS = 120_000

async function countsAfterAll(data: string, firm: string): Promise<Counts | null> {
  const socket = socketPath(data, 'ingest')
  const end = performance.now() + PATIENCE_MS
  while (performance.now() < end) {
    const { lag } = await callLocal<IngestStatus>(socket, 'GET', '/status')
    if (lag === 0) break
    await new Promise((done) => setTimeout(done, 200))
  }
  try {
    return await callLocal<Counts>(socket, 'GET', `/counts?firm=${firm}`)
  } catch (error) {
    if (error instanceof LocalError && error.status === 404) return null
    throw error
  }
}
