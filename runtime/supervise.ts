/**
 * Keeps child processes running: starts them in order, waits for each one's "ready", starts a crashed one again with a growing
 * pause and says so, stops them in reverse. What to do next is a pure decision (`afterExit`); the rest is processes.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { EXIT_CONFIG, type Ready } from './process.ts'
import { flagName } from './settings.ts'

export type ChildSpec = {
  readonly name: string
  /** Module to run, an absolute path. */
  readonly file: string
  /** Settings for it, by key: `{ mqtt: '127.0.0.1:1883' }`. */
  readonly settings: Readonly<Record<string, string>>
}

const READY_WITHIN = 60_000
const STOP_WITHIN = 12_000
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 30_000
/** A child that ran this long was healthy: its next crash starts from the first pause again. */
const HEALTHY_AFTER = 10_000

export type ExitDecision =
  | { readonly restart: false; readonly why: 'wanted' | 'config' }
  | { readonly restart: true; readonly pauseMs: number }

/**
 * What to do after a child ended: `crashes` in a row so far, how long it ran, and whether it was ever ready. One that once ran and now
 * meets something that a person must mend (its port was taken meanwhile) is tried on: the others must not stop for it.
 */
export function afterExit(
  stopping: boolean,
  code: number | null,
  crashes: number,
  ranMs: number,
  wasReady: boolean,
): ExitDecision {
  if (stopping) return { restart: false, why: 'wanted' }
  if (code === EXIT_CONFIG && !wasReady) return { restart: false, why: 'config' }
  const row = ranMs >= HEALTHY_AFTER ? 0 : crashes
  return { restart: true, pauseMs: Math.min(FIRST_PAUSE * 2 ** row, LONGEST_PAUSE) }
}

export type SupervisorEvents = {
  /** One line for the console. */
  readonly say: (line: string) => void
  /** A child can not go on until a person changed something. */
  readonly giveUp: (name: string) => void
}

type Child = {
  readonly spec: ChildSpec
  process: ChildProcess | null
  settings: Record<string, string>
  crashes: number
  wasReady: boolean
  timer: NodeJS.Timeout | undefined
}

export class Supervisor {
  readonly #events: SupervisorEvents
  readonly #children: Child[] = []
  #stopping = false

  constructor(events: SupervisorEvents) {
    this.#events = events
  }

  /**
   * Starts a child and resolves with what it told when ready. Rejects when it ends before. Addresses that it picked itself
   * (port 0) are kept for its restarts, so that devices and pages find it again.
   */
  async start(spec: ChildSpec): Promise<Ready> {
    const child: Child = {
      spec,
      process: null,
      settings: { ...spec.settings },
      crashes: 0,
      wasReady: false,
      timer: undefined,
    }
    this.#children.push(child)
    return this.#spawn(child, true)
  }

  pid(name: string): number | null {
    return this.#children.find(({ spec }) => spec.name === name)?.process?.pid ?? null
  }

  /** Stops all in reverse order: SIGTERM, and SIGKILL for one that does not end in time. */
  async stop(): Promise<void> {
    this.#stopping = true
    for (const child of this.#children) clearTimeout(child.timer)
    for (const child of this.#children.toReversed()) {
      const running = child.process
      if (!running || running.exitCode !== null || running.signalCode !== null) continue
      const ended = new Promise<void>((done) => running.once('exit', () => done()))
      running.kill('SIGTERM')
      const late = setTimeout(() => {
        this.#events.say(`${child.spec.name} does not stop: ended by force`)
        running.kill('SIGKILL')
      }, STOP_WITHIN)
      await ended
      clearTimeout(late)
    }
  }

  #spawn(child: Child, first: boolean): Promise<Ready> {
    const { name, file } = child.spec
    const args = Object.entries(child.settings).map(([key, value]) => `${flagName(key)}=${value}`)
    // Its own process group: a Ctrl-C reaches the supervisor alone, which then stops them in order.
    const running = spawn(process.execPath, [file, ...args], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      detached: true,
    })
    child.process = running
    const begun = performance.now()
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.#events.say(`${name} is not ready after ${READY_WITHIN / 1000} s`)
        running.kill('SIGKILL')
      }, READY_WITHIN)
      running.on('message', (message: Ready) => {
        clearTimeout(late)
        child.wasReady = true
        for (const key of ['http', 'mqtt', 'mqttWs'])
          if (typeof message[key] === 'string' && key in child.settings)
            child.settings[key] = message[key].replace(/^https?:\/\//, '')
        if (!first) this.#events.say(`${name} runs again`)
        resolve(message)
      })
      running.on('error', reject)
      running.on('exit', (code, signal) => {
        clearTimeout(late)
        reject(new Error(`${name} ended before it was ready (${signal ?? code})`))
        this.#afterExit(child, code, signal, performance.now() - begun)
      })
    })
  }

  #afterExit(child: Child, code: number | null, signal: string | null, ranMs: number): void {
    const decision = afterExit(this.#stopping, code, child.crashes, ranMs, child.wasReady)
    const { name } = child.spec
    if (!decision.restart) {
      if (decision.why === 'config') this.#events.giveUp(name)
      return
    }
    child.crashes = ranMs >= HEALTHY_AFTER ? 1 : child.crashes + 1
    this.#events.say(
      `${name} ended (${signal ?? `exit ${code}`}); starting it again in ${decision.pauseMs / 1000} s`,
    )
    child.timer = setTimeout(() => {
      // A failed restart comes back here through its own exit.
      this.#spawn(child, false).catch((error: unknown) => this.#events.say((error as Error).message))
    }, decision.pauseMs)
  }
}
