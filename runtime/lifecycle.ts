/** Start in order, stop in reverse, once. Every process uses it, so that stopping behaves the same everywhere. */
import type { Log } from './log.ts'

type Part = { readonly name: string; readonly stop: () => Promise<void> | void }

export class Lifecycle {
  readonly #log: Log
  readonly #parts: Part[] = []
  #stopping: Promise<void> | null = null

  constructor(log: Log) {
    this.#log = log
  }

  get stopping(): boolean {
    return this.#stopping !== null
  }

  /** Starts a part and remembers how to stop it. */
  async start<T>(
    name: string,
    start: () => Promise<T> | T,
    stop: (part: T) => Promise<void> | void,
  ): Promise<T> {
    const part = await start()
    this.#parts.push({ name, stop: () => stop(part) })
    return part
  }

  /** Stops every part in reverse order; a part that fails is logged by name and cannot keep the others from stopping. */
  stop(): Promise<void> {
    this.#stopping ??= (async () => {
      for (const part of this.#parts.toReversed()) {
        try {
          await part.stop()
        } catch (error) {
          this.#log.error({ err: error, part: part.name }, 'stop failed')
        }
      }
    })()
    return this.#stopping
  }

  /**
   * SIGINT, SIGTERM: stop, then exit 0. A second signal more than 300 ms later ends at once (a terminal and npm may both pass on
   * the first one). A lost parent (closed IPC channel) stops too. An uncaught error is fatal: it is logged, what is open is
   * flushed, exit 1.
   */
  handleSignals(): void {
    let first = 0
    const onSignal = (signal: string) => {
      const now = performance.now()
      if (first === 0) {
        first = now
        this.#log.info({ signal }, 'stopping')
        void this.stop().then(() => process.exit(0))
      } else if (now - first > 300) process.exit(1)
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => onSignal(signal))
    if (process.connected) process.on('disconnect', () => onSignal('parent gone'))
    const onFatal = (error: unknown) => {
      this.#log.fatal({ err: error }, 'uncaught error: flushing and stopping')
      setTimeout(() => process.exit(1), 10_000).unref()
      void this.stop().then(() => process.exit(1))
    }
    process.on('uncaughtException', onFatal)
    process.on('unhandledRejection', onFatal)
  }
}

/** One wall around handlers: a throwing listener is logged by its name and cannot stop its neighbours. */
export function guarded<A extends unknown[]>(
  log: Log,
  handler: string,
  run: (...args: A) => unknown,
): (...args: A) => void {
  return (...args) => {
    try {
      const result = run(...args)
      if (result instanceof Promise)
        result.catch((error: unknown) => log.error({ err: error, handler }, 'handler failed'))
    } catch (error) {
      log.error({ err: error, handler }, 'handler failed')
    }
  }
}
