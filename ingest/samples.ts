/** Samples of a machine's registers that are not in their days' own rows yet: those of the days that live, and what has just come. */
import { DAY, HOUR, type Instant, type Millis } from '#domain/time.ts'
import { nameOfColumn, SampleDay, sampleDay, type CountItem, type SampleKey } from '#store/ledger/samples.ts'
import type { SamplePart } from '#store/ledger/sampleRows.ts'

/** A day is over for its samples this long after its end. */
const LINGER: Millis = HOUR

type Held = { samples: SampleDay; /** How many of them are in the log. */ logged: number }

export class MachineSamples {
  readonly #machine: string
  readonly #days = new Map<number, Held>()
  readonly #newest = new Map<string, Instant>()
  /** Measures of columns. */
  readonly #names = new Map<string, string>()

  constructor(machine: string) {
    this.#machine = machine
  }

  /** The samples of a UTC day that are held here, or null. */
  day(no: number): SampleDay | null {
    return this.#days.get(no)?.samples ?? null
  }

  /** UTC days that are held here. */
  days(): IterableIterator<number> {
    return this.#days.keys()
  }

  /** A measure was read last at `ts`, as is known of the time before the start. */
  known(measure: string, ts: Instant): void {
    this.#newest.set(measure, ts)
  }

  /** When a measure was read last; null: never. */
  newest(measure: string): Instant | null {
    return this.#newest.get(measure) ?? null
  }

  add(item: CountItem): void {
    for (const column of item.steps.keys()) {
      const name = this.#nameOf(column)
      if (item.ts > (this.#newest.get(name) ?? -Infinity)) this.#newest.set(name, item.ts)
    }
    const no = sampleDay(item.ts)
    let held = this.#days.get(no)
    if (!held) this.#days.set(no, (held = { samples: new SampleDay(), logged: 0 }))
    held.samples.add(item)
  }

  #nameOf(column: string): string {
    let name = this.#names.get(column)
    if (name === undefined) this.#names.set(column, (name = nameOfColumn(column)))
    return name
  }

  /** Takes a row of the log in again, after a start. */
  load(no: number, text: string): void {
    const held = this.#days.get(no) ?? { samples: new SampleDay(), logged: 0 }
    held.samples.addAll(SampleDay.of(text))
    held.logged = held.samples.count
    this.#days.set(no, held)
  }

  /** Takes a key out. Returns when it was read, or null when it is not held here. */
  remove(key: SampleKey): Instant | null {
    for (const held of this.#days.values()) {
      const ts = held.samples.tsOf(key)
      if (ts === null) continue
      const rest = held.samples.without(key)
      held.logged = Math.max(0, held.logged - (held.samples.count - rest.count))
      held.samples = rest
      return ts
    }
    return null
  }

  /** What is not stored yet. A day that lives goes to the log, one that came whole or late straight to its own row. */
  unstored(at: Instant): SamplePart[] {
    const machine = this.#machine
    const parts: SamplePart[] = []
    for (const [day, { samples, logged }] of this.#days) {
      if (samples.count === logged) continue
      const to = logged === 0 && isOver(day, at) ? 'day' : 'log'
      parts.push({ machine, day, samples, from: logged, to })
    }
    return parts
  }

  /** Days that are over and stand in the log. Everything is stored. */
  over(at: Instant): SamplePart[] {
    const machine = this.#machine
    return [...this.#days].flatMap(([day, { samples }]) =>
      isOver(day, at) ? [{ machine, day, samples, from: 0, to: 'day' as const }] : [],
    )
  }

  /** These are stored. */
  stored(parts: readonly SamplePart[]): void {
    for (const { day, samples, to } of parts) {
      const held = this.#days.get(day)
      if (held?.samples !== samples) continue
      if (to === 'day') this.#days.delete(day)
      else held.logged = samples.count
    }
  }
}

const isOver = (day: number, at: Instant): boolean => at > (day + 1) * DAY + LINGER
