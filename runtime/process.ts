/**
 * The frame of an entry point: settings checked whole, then started, then "ready" told to the supervisor, then stopped in reverse.
 * A fault that only a person can mend (busy port, unwritable folder, wrong setting) is one clear message and exit code 78.
 */
import fs from 'node:fs'
import { once } from 'node:events'
import type { Server } from 'node:net'
import { Lifecycle } from './lifecycle.ts'
import { createLog, type Log } from './log.ts'
import { options, type Options } from './options.ts'
import { readSettings, SettingsError, showAddress, type Address } from './settings.ts'

/** sysexits EX_CONFIG: the supervisor does not start it again. */
export const EXIT_CONFIG = 78

/** What must be changed by a person before another start makes sense. The message says what. */
export class OperatorError extends Error {}

/** What a process tells its supervisor when it serves: `broker` its addresses, `api` its URL. */
export type Ready = { readonly ready: true } & Readonly<Record<string, string | true>>

export type Context = { readonly options: Options; readonly log: Log; readonly lifecycle: Lifecycle }

/** Runs one process of the installation. `start` returns what to tell the supervisor. */
export async function runProcess(
  name: string,
  start: (context: Context) => Promise<Record<string, string>>,
  argv: readonly string[] = process.argv.slice(2),
): Promise<void> {
  const log = createLog(name)
  const lifecycle = new Lifecycle(log)
  try {
    const settings = readSettings(options, { argv, env: process.env })
    ensureDataFolder(settings.data)
    lifecycle.handleSignals()
    const told = await start({ options: settings, log, lifecycle })
    log.info(told, 'ready')
    process.send?.({ ready: true, ...told } satisfies Ready)
  } catch (error) {
    const mend = error instanceof OperatorError || error instanceof SettingsError
    if (mend) process.stderr.write(`${name}: ${error.message}\n`)
    else log.fatal({ err: error }, 'could not start')
    await lifecycle.stop()
    process.exit(mend ? EXIT_CONFIG : 1)
  }
}

/** Creates the data folder (0700). Throws OperatorError when it cannot be written. */
export function ensureDataFolder(dir: string): void {
  try {
    fs.mkdirSync(dir, { recursive: true, mode: 0o700 })
    fs.accessSync(dir, fs.constants.W_OK | fs.constants.X_OK)
  } catch (error) {
    throw new OperatorError(
      `the data folder ${dir} cannot be written (${(error as NodeJS.ErrnoException).code}): choose another with --data`,
    )
  }
}

/** Listens and returns the address in use. Throws OperatorError, naming the option, when the port is taken or not allowed. */
export async function listen(server: Server, wanted: Address, option: string): Promise<Address> {
  server.listen(wanted.port, wanted.host)
  try {
    await once(server, 'listening')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why =
      code === 'EADDRINUSE'
        ? 'is in use by another program'
        : code === 'EACCES'
          ? 'needs more rights'
          : `cannot be used (${code})`
    throw new OperatorError(
      `${showAddress(wanted)} ${why}: choose another with ${option} HOST:PORT (port 0 picks a free one)`,
    )
  }
  const bound = server.address()
  return { host: wanted.host, port: typeof bound === 'object' && bound ? bound.port : wanted.port }
}
