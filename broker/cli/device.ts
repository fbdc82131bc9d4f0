/**
 * `npm run device -- list | add | rotate | remove <path>`: credentials of devices and gateways; `service list | add | remove <name>`:
 * of programs that read the mirror of their firms. Prints one line of JSON; a secret is shown once only. Asks the broker while it runs, opens the file itself only when it does not.
 */
import fs from 'node:fs'
import path from 'node:path'
import { Command } from 'commander'
import { readPlantFile } from '#contract/plantFile.ts'
import type { DeviceRow, DeviceSecret, ServiceRow } from '#contract/local.ts'
import { callLocal, LocalError, socketPath } from '#runtime/local.ts'
import { openCredentials, type Credentials } from '#store/credentials/credentials.ts'
import {
  addDevice,
  isRefused,
  listDevices,
  listServices,
  putService,
  removeDevice,
  removeService,
  rotateDevice,
} from '../devices.ts'

type Flags = { data: string; plants: string; machine?: string[]; firm?: string[] }

const program = new Command('device')
  .description('credentials of devices (firm/site/area/line/machine) and gateways (firm/name)')
  .showHelpAfterError()

const command = (name: string, help: string, under: Command = program) =>
  under
    .command(name)
    .description(help)
    .option('--data <dir>', 'folder of the installation', process.env['BAIYUAN_DATA'] ?? 'data')
    .option('--plants <dir>', 'folder of the plant files', process.env['BAIYUAN_PLANTS'] ?? 'plants')

command('list', 'all devices and gateways').action((flags: Flags) =>
  answer(
    flags,
    () => ask<DeviceRow[]>(flags, 'GET', '/devices'),
    (credentials) => listDevices(credentials),
  ),
)
command('add', 'a new credential')
  .argument('<path>')
  .option('--machine <path...>', 'machines that a gateway speaks for; without, those of the plant file')
  .action((device: string, flags: Flags) => {
    const machines = flags.machine ?? machinesOf(flags.plants, device)
    return answer(
      flags,
      () => ask(flags, 'POST', '/devices', { path: device, machines }),
      (credentials) => addDevice(credentials, { path: device, machines }, Date.now()),
    )
  })
command('rotate', 'a new secret; the old one ends')
  .argument('<path>')
  .action((device: string, flags: Flags) =>
    answer(
      flags,
      () => ask(flags, 'POST', '/devices/rotate', { path: device }),
      (credentials) => {
        const done = rotateDevice(credentials, device, Date.now())
        return isRefused(done) ? done : done.secret
      },
    ),
  )
command('remove', 'takes the credential away and closes its connection')
  .argument('<path>')
  .action((device: string, flags: Flags) =>
    answer(
      flags,
      () => ask(flags, 'POST', '/devices/remove', { path: device }),
      (credentials) => {
        const done = removeDevice(credentials, device)
        return isRefused(done) ? done : {}
      },
    ),
  )

const service = program.command('service').description('accounts that read the mirror of their firms')

command('list', 'all service accounts', service).action((flags: Flags) =>
  answer(
    flags,
    () => ask<ServiceRow[]>(flags, 'GET', '/services'),
    (credentials) => listServices(credentials),
  ),
)
command('add', 'a new service account', service)
  .argument('<name>')
  .requiredOption('--firm <firm...>', 'firm whose mirror it reads, once for each; * for every firm')
  .action((name: string, flags: Flags) => {
    const wanted = { name, firms: flags.firm, fresh: true }
    return answer(
      flags,
      () => ask<DeviceSecret>(flags, 'POST', '/services', wanted),
      (credentials) => {
        const done = putService(credentials, wanted, Date.now())
        return isRefused(done) ? done : done.secret
      },
    )
  })
command('remove', 'takes the account away and closes its connection', service)
  .argument('<name>')
  .action((name: string, flags: Flags) =>
    answer(
      flags,
      () => ask(flags, 'POST', '/services/remove', { name }),
      (credentials) => {
        const done = removeService(credentials, name)
        return isRefused(done) ? done : {}
      },
    ),
  )

const ask = <T>(flags: Flags, method: 'GET' | 'POST', route: string, body?: unknown): Promise<T> =>
  callLocal<T>(socketPath(path.resolve(flags.data), 'broker'), method, route, body)

/** Prints the running broker's answer, or that of the file when no broker runs. */
async function answer(
  flags: Flags,
  running: () => Promise<unknown>,
  alone: (credentials: Credentials) => object,
): Promise<void> {
  try {
    print(await running())
  } catch (error) {
    if (error instanceof LocalError) return fail(error.message)
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ECONNREFUSED') return fail(`the broker does not answer: ${message}`)
    withFile(flags, alone)
  }
}

function withFile(flags: Flags, run: (credentials: Credentials) => object): void {
  const dir = path.resolve(flags.data)
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 })
  const credentials = openCredentials(path.join(dir, 'credentials.db'))
  try {
    const done = run(credentials)
    if (isRefused(done)) fail(done.error)
    else print(done)
  } finally {
    credentials.close()
  }
}

/** What the plant file lists under the credential's name, if it does; a machine speaks for itself without. */
function machinesOf(plants: string, device: string): string[] {
  const [firm = '', name = '', ...rest] = device.split('/')
  const file = path.join(plants, firm, 'plant.yaml')
  if (rest.length > 0 || !fs.existsSync(file)) return []
  const reading = readPlantFile(fs.readFileSync(file, 'utf8'), firm)
  if (!('plant' in reading)) return []
  return [...(reading.plant.credentials.find((credential) => credential.name === name)?.machines ?? [])]
}

const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`)

function fail(message: string): void {
  process.stderr.write(`${message}\n`)
  process.exitCode = 1
}

process.umask(0o077)
try {
  await program.parseAsync()
} catch (error) {
  fail((error as Error).message)
}
