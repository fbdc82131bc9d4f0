/** The live state of every firm as ingest tells it (ingest.sock /live): kept here, merged, and passed on to whoever listens. */
import type { LiveFrame, MachineDelta, MachineLive } from '#contract/live.ts'
import type { Instant } from '#domain/time.ts'
import { followLocal } from '#runtime/local.ts'

export type UpstreamListener = {
  /** The whole state of a firm was replaced. */
  readonly snapshot?: (firm: string) => void
  readonly delta?: (firm: string, machines: readonly MachineDelta[]) => void
  /** The ledger of a firm has grown. */
  readonly ledger?: (firm: string, cursor: number) => void
}

/** ingest beats every second; after this long without a beat it counts as down. */
const BEAT_LIMIT_MS = 3000

export class Upstream {
  readonly #firms = new Map<string, Map<string, MachineLive>>()
  readonly #listeners = new Set<UpstreamListener>()
  readonly #monotonic: () => number
  #connected = false
  #lastFrame = -Infinity
  #at: Instant | null = null

  /** `monotonic` is a clock in ms that only goes forward. */
  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic
  }

  /** Follows ingest's socket until the returned function is called. */
  follow(socket: string): () => void {
    return followLocal<LiveFrame>(
      socket,
      '/live',
      (frame) => this.take(frame),
      (connected) => (this.#connected = connected),
    )
  }

  /** ingest is connected and said something in the last 3 s. */
  get alive(): boolean {
    return this.#connected && this.#monotonic() - this.#lastFrame < BEAT_LIMIT_MS
  }

  /** ingest's own time of its last frame; null before the first. */
  get at(): Instant | null {
    return this.#at
  }

  firms(): string[] {
    return [...this.#firms.keys()]
  }

  machines(firm: string): readonly MachineLive[] {
    return [...(this.#firms.get(firm)?.values() ?? [])]
  }

  machine(firm: string, path: string): MachineLive | null {
    return this.#firms.get(firm)?.get(path) ?? null
  }

  /** Returns a function that ends it. */
  on(listener: UpstreamListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  take(frame: LiveFrame): void {
    this.#lastFrame = this.#monotonic()
    switch (frame.kind) {
      case 'snapshot': {
        this.#at = frame.at
        const gone = this.firms()
        this.#firms.clear()
        for (const { firm, machines } of frame.firms)
          this.#firms.set(firm, new Map(machines.map((live) => [live.machine, live])))
        for (const firm of new Set([...gone, ...this.#firms.keys()]))
          for (const l of this.#listeners) l.snapshot?.(firm)
        for (const { firm, cursor } of frame.firms) for (const l of this.#listeners) l.ledger?.(firm, cursor)
        return
      }
      case 'delta': {
        this.#at = frame.at
        const firm = this.#firms.get(frame.firm) ?? new Map<string, MachineLive>()
        this.#firms.set(frame.firm, firm)
        for (const delta of frame.machines) firm.set(delta.machine, merge(firm.get(delta.machine), delta))
        for (const l of this.#listeners) l.delta?.(frame.firm, frame.machines)
        return
      }
      case 'ledger':
        for (const l of this.#listeners) l.ledger?.(frame.firm, frame.cursor)
        return
      case 'beat':
        this.#at = frame.at
    }
  }
}

/** A delta carries only the values that changed and the rest of the machine whole. */
export const merge = (old: MachineLive | undefined, delta: MachineDelta): MachineLive =>
  old ? { ...delta, values: { ...old.values, ...delta.values } } : delta
