/**
 * What streams to those who watch (GET /live): first a snapshot, then deltas coalesced per machine, ledger wake-ups and a beat each
 * second. A reader that does not keep up loses deltas and gets a fresh snapshot when it can read again, so nothing piles up here.
 */
import type { FirmSnapshot, LiveFrame } from '#contract/live.ts'
import { SECOND, type Instant, type Millis } from '#domain/time.ts'
import type { Firm } from './firm.ts'
import type { MachineMemory } from './machine.ts'

/** Changes are looked at this often while there are any. */
const GATHER: Millis = 25
/** A machine is told at once after a quiet time and then at most this often: no page draws it faster. */
const EACH: Millis = 200

/** One who watches. `write` says false when it is full; `drained` calls back once when it is not any more. */
export type Watcher = {
  write(frame: LiveFrame): boolean
  drained(listener: () => void): void
}

type Watching = { readonly watcher: Watcher; full: boolean; missed: boolean }

export class Live {
  readonly #watching = new Set<Watching>()
  readonly #changed = new Map<Firm, Set<MachineMemory>>()
  readonly #snapshot: () => FirmSnapshot[]
  readonly #clock: () => Instant
  #gather: NodeJS.Timeout | undefined
  #beat: NodeJS.Timeout | undefined
  /** Called with each machine that changed, when the change goes out: for the mirror. */
  onChange: (machine: MachineMemory) => void = () => undefined

  constructor(snapshot: () => FirmSnapshot[], clock: () => Instant = Date.now) {
    this.#snapshot = snapshot
    this.#clock = clock
  }

  start(): void {
    this.#beat = setInterval(() => this.#tell({ kind: 'beat', at: this.#clock() }), SECOND)
    this.#beat.unref()
  }

  stop(): void {
    clearInterval(this.#beat)
    clearTimeout(this.#gather)
    this.#watching.clear()
  }

  /** Adds one who watches. Returns how to end it. */
  watch(watcher: Watcher): () => void {
    const watching: Watching = { watcher, full: false, missed: false }
    this.#watching.add(watching)
    this.#write(watching, this.#wholeFrame())
    return () => this.#watching.delete(watching)
  }

  /** A machine has news. */
  changed(firm: Firm, machine: MachineMemory): void {
    if (machine.changed) return
    machine.changed = true
    const machines = this.#changed.get(firm)
    if (machines) machines.add(machine)
    else this.#changed.set(firm, new Set([machine]))
    this.#gather ??= setTimeout(() => this.#flush(), GATHER).unref()
  }

  /** The ledger of a firm grew. */
  ledger(firm: string, cursor: number): void {
    this.#tell({ kind: 'ledger', firm, cursor })
  }

  #flush(): void {
    this.#gather = undefined
    const at = this.#clock()
    const now = performance.now()
    for (const [firm, machines] of this.#changed) {
      const due = [...machines].filter((machine) => now - machine.toldAt >= EACH)
      const known = due.filter((machine) => machine.index !== null)
      if (known.length > 0 && this.#watching.size > 0)
        this.#tell({
          kind: 'delta',
          at,
          firm: firm.name,
          machines: known.map((machine) => machine.live(true)),
        })
      for (const machine of known) this.onChange(machine)
      for (const machine of due) {
        settle(machine, now)
        machines.delete(machine)
      }
      if (machines.size === 0) this.#changed.delete(firm)
    }
    if (this.#changed.size > 0) this.#gather = setTimeout(() => this.#flush(), GATHER).unref()
  }

  #wholeFrame(): LiveFrame {
    return { kind: 'snapshot', at: this.#clock(), firms: this.#snapshot() }
  }

  #tell(frame: LiveFrame): void {
    for (const watching of this.#watching) {
      if (watching.full) watching.missed = true
      else this.#write(watching, frame)
    }
  }

  #write(watching: Watching, frame: LiveFrame): void {
    if (watching.watcher.write(frame)) return
    watching.full = true
    watching.watcher.drained(() => {
      watching.full = false
      if (!watching.missed || !this.#watching.has(watching)) return
      watching.missed = false
      this.#write(watching, this.#wholeFrame())
    })
  }
}

function settle(machine: MachineMemory, now: number): void {
  machine.toldAt = now
  machine.changed = false
  for (const held of machine.values.values()) held.fresh = false
}
