/** Something that is looked after again and again, one look at a time; a look that fails is in the log, and the next one follows. */
import type { Millis } from '#domain/time.ts'
import type { Ports } from './ports.ts'

export abstract class Lookout {
  readonly #everyMs: Millis
  readonly #failed: string
  #timer: NodeJS.Timeout | undefined
  #busy = false

  /** `failed`: what the log says of a look that threw. */
  constructor(everyMs: Millis, failed: string) {
    this.#everyMs = everyMs
    this.#failed = failed
  }

  protected abstract lookOnce(ports: Ports): Promise<void>

  /** Resolves after the first look. */
  async watch(ports: Ports): Promise<void> {
    this.#timer = setInterval(() => void this.look(ports), this.#everyMs)
    await this.look(ports)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  async look(ports: Ports): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    try {
      await this.lookOnce(ports)
    } catch (error) {
      ports.log.error({ err: error }, this.#failed)
    } finally {
      this.#busy = false
    }
  }
}
