/**
 * DIR/run.json (0600): what runs here, for scripts and for a second start. Written by rename, so a reader never sees half of it. It is
 * a notice, not a lock: whether an installation lives is asked at its broker's socket, since a pid may belong to anybody by now.
 */
import fs from 'node:fs'
import path from 'node:path'
import { callLocal, LocalError, socketPath } from './local.ts'
import { OperatorError } from './process.ts'

export type Run = {
  readonly pid: number
  readonly http: string
  readonly mqtt: string
  readonly mqttWs: string
  /** Only while there is no administrator. */
  readonly signIn?: string
}

const fileIn = (data: string): string => path.join(data, 'run.json')

export function writeRun(data: string, run: Run): void {
  const beside = `${fileIn(data)}.new`
  fs.writeFileSync(beside, `${JSON.stringify(run)}\n`, { mode: 0o600 })
  fs.renameSync(beside, fileIn(data))
}

export const removeRun = (data: string): void => fs.rmSync(fileIn(data), { force: true })

/** What the notice says; null: there is none, or it cannot be read. */
export function readRun(data: string): Run | null {
  try {
    return JSON.parse(fs.readFileSync(fileIn(data), 'utf8')) as Run
  } catch {
    return null // none, or a torn one
  }
}

/** How long the processes of a killed supervisor may take to end by themselves. */
const WIND_DOWN_MS = 15_000

/**
 * Makes sure that nobody else runs on this folder, waiting for what is just ending. Throws OperatorError when an installation lives
 * there. A notice left by a power cut or a kill is removed.
 */
export async function refuseSecondStart(data: string, waitMs = WIND_DOWN_MS): Promise<void> {
  const end = performance.now() + waitMs
  while (await brokerAnswers(data)) {
    const pid = pidIn(data)
    if ((pid !== null && isAlive(pid)) || performance.now() > end)
      throw new OperatorError(
        `${data} is in use by ${pid === null ? 'another installation' : `process ${pid}`}: stop it, or choose another folder with --data`,
      )
    await new Promise((done) => setTimeout(done, 200))
  }
  removeRun(data)
}

async function brokerAnswers(data: string): Promise<boolean> {
  try {
    await callLocal(socketPath(data, 'broker'), 'GET', '/health', undefined, 2000)
    return true
  } catch (error) {
    return error instanceof LocalError
  }
}

/** The pid that the notice names; null when there is none, or it cannot be read. */
function pidIn(data: string): number | null {
  const pid: unknown = readRun(data)?.pid
  return typeof pid === 'number' ? pid : null
}

/** A zombie has ended too: it only waits to be collected. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  try {
    return !/^\d+ \(.*\) Z/s.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true // no /proc here
  }
}
