/**
 * What the registers of a machine read in one UTC day, in columns: ts, boot, seq, and the integer steps of each measure. The evidence
 * from which every pane can be made again, kept for ever. A column is a measure and its scale, `kwh@100`, so that a plant that
 * measures finer from some day on does not change what was read before.
 */
import type { Sample } from '#domain/telemetry/counter.ts'
import { DAY, type Instant } from '#domain/time.ts'

/** Accepted readings of one moment; of a measure that was not read there is no column. */
export type CountItem = {
  readonly ts: Instant
  /** Empty: the device names none. */
  readonly boot: string
  /** Of an item without one: its ts. */
  readonly seq: number
  /** By column. */
  readonly steps: ReadonlyMap<string, number>
}

export type SampleKey = { readonly boot: string; readonly seq: number }
/** A measure as its samples are read back: in steps of this scale. */
export type SampleMeasure = { readonly name: string; readonly scale: number }

/** Days are cut at midnight UTC, 08:00 in Shanghai. */
export const sampleDay = (ts: Instant): number => Math.floor(ts / DAY)

export const columnOf = ({ name, scale }: SampleMeasure): string => `${name}@${scale}`
export const nameOfColumn = (column: string): string => column.slice(0, column.lastIndexOf('@'))

type Text = {
  readonly b: readonly string[]
  readonly t: readonly (number | null)[]
  readonly o: readonly number[]
  readonly s: readonly (number | null)[]
  readonly v: Readonly<Record<string, readonly (number | null)[]>>
}

/** A measure in one scale; NaN: not read at that moment. */
type Column = { readonly name: string; readonly scale: number; readonly steps: number[] }

export class SampleDay {
  #boots: string[] = []
  #ts: number[] = []
  #boot: number[] = []
  #seq: number[] = []
  readonly #columns = new Map<string, Column>()
  /** In order of time, each item once, columns by name. */
  #isArranged = false

  get count(): number {
    return this.#ts.length
  }

  /** Numbers that it holds. */
  get size(): number {
    return this.count * (3 + this.#columns.size)
  }

  get columns(): string[] {
    return [...this.#columns.keys()]
  }

  /** Was the measure read, in whatever scale? */
  has(measure: string): boolean {
    for (const { name } of this.#columns.values()) if (name === measure) return true
    return false
  }

  add({ ts, boot, seq, steps }: CountItem): void {
    const at = this.#ts.length
    this.#push(ts, boot, seq)
    for (const [key, value] of steps) this.#column(key, at).steps.push(value)
    if (steps.size < this.#columns.size) this.#fill()
  }

  addAll(other: SampleDay): this {
    const { count } = this
    for (let i = 0; i < other.count; i++)
      this.#push(other.#ts[i]!, other.#boots[other.#boot[i]!]!, other.#seq[i]!)
    for (const [key, { steps }] of other.#columns) {
      const own = this.#column(key, count).steps
      for (const value of steps) own.push(value)
    }
    this.#fill()
    return this
  }

  #push(ts: Instant, boot: string, seq: number): void {
    this.#isArranged = false
    const known = this.#boots.lastIndexOf(boot)
    this.#ts.push(ts)
    this.#boot.push(known >= 0 ? known : this.#boots.push(boot) - 1)
    this.#seq.push(seq)
  }

  /** A column of its own for a measure that was not read in the `count` items before. */
  #column(key: string, count: number): Column {
    let column = this.#columns.get(key)
    if (!column) {
      const name = nameOfColumn(key)
      const steps = Array.from({ length: count }, () => NaN)
      column = { name, scale: Number(key.slice(name.length + 1)), steps }
      this.#columns.set(key, column)
    }
    return column
  }

  /** What was not read is no number. */
  #fill(): void {
    for (const { steps } of this.#columns.values()) while (steps.length < this.count) steps.push(NaN)
  }

  *items(): Generator<CountItem> {
    for (let i = 0; i < this.count; i++) {
      const steps = new Map<string, number>()
      for (const [key, column] of this.#columns)
        if (!Number.isNaN(column.steps[i]!)) steps.set(key, column.steps[i]!)
      yield { ts: this.#ts[i]!, boot: this.#boots[this.#boot[i]!]!, seq: this.#seq[i]!, steps }
    }
  }

  /** Samples of a measure with a ts in [from, to], in the order in which they came. */
  samples({ name, scale }: SampleMeasure, from: Instant = -Infinity, to: Instant = Infinity): Sample[] {
    const out: Sample[] = []
    for (const column of this.#columns.values()) {
      if (column.name !== name) continue
      for (let i = 0; i < this.count; i++) {
        const ts = this.#ts[i]!
        if (ts >= from && ts <= to && !Number.isNaN(column.steps[i]!))
          out.push(this.#sample(column, i, scale))
      }
    }
    return out
  }

  /** The sample of a measure that is nearest to an instant, before or after it, or `known` where that one is nearer. */
  nearest(
    { name, scale }: SampleMeasure,
    way: 'before' | 'after',
    at: Instant,
    known: Sample | null = null,
  ): Sample | null {
    const sign = way === 'before' ? 1 : -1
    let best = known
    for (const column of this.#columns.values()) {
      if (column.name !== name) continue
      let found = -1
      let [ts, seq] = best === null ? [-sign * Infinity, 0] : [best.ts, best.seq]
      for (let i = 0; i < this.count; i++) {
        const own = this.#ts[i]!
        const isNearer = own === ts ? (this.#seq[i]! - seq) * sign > 0 : (own - ts) * sign > 0
        if ((at - own) * sign <= 0 || !isNearer || Number.isNaN(column.steps[i]!)) continue
        found = i
        ts = own
        seq = this.#seq[i]!
      }
      if (found >= 0) best = this.#sample(column, found, scale)
    }
    return best
  }

  #sample({ steps, scale: was }: Column, i: number, scale: number): Sample {
    const told = steps[i]!
    return {
      boot: this.#boots[this.#boot[i]!]!,
      seq: this.#seq[i]!,
      ts: this.#ts[i]!,
      steps: was === scale ? told : Math.round((told * scale) / was),
    }
  }

  /** The ts under which a key is held, or null. */
  tsOf({ boot, seq }: SampleKey): Instant | null {
    const number = this.#boots.indexOf(boot)
    const at = this.#seq.findIndex((one, i) => one === seq && this.#boot[i] === number)
    return number < 0 || at < 0 ? null : this.#ts[at]!
  }

  /** The same without a key. */
  without({ boot, seq }: SampleKey): SampleDay {
    const number = this.#boots.indexOf(boot)
    return this.#pick(
      Array.from(this.#ts, (_, i) => i).filter((i) => this.#boot[i] !== number || this.#seq[i] !== seq),
    )
  }

  /** From an item on in order of time, what is there twice once: as it is read back from its text. */
  arranged(from = 0): SampleDay {
    if (from === 0 && this.#isArranged) return this
    const places: number[] = []
    for (let i = from; i < this.count; i++) places.push(i)
    const names = this.columns.toSorted()
    const order = places
      .toSorted((a, b) => this.#compare(a, b, names))
      .filter((one, i, all) => i === 0 || this.#compare(all[i - 1]!, one, names) !== 0)
    const day = this.#pick(order, names)
    day.#isArranged = true
    return day
  }

  #compare(a: number, b: number, names: readonly string[]): number {
    return (
      this.#ts[a]! - this.#ts[b]! ||
      sameText(this.#boots[this.#boot[a]!]!, this.#boots[this.#boot[b]!]!) ||
      this.#seq[a]! - this.#seq[b]! ||
      (a === b ? 0 : sameText(this.#stepsText(a, names), this.#stepsText(b, names)))
    )
  }

  #stepsText(i: number, names: readonly string[]): string {
    const steps = names.map((name) => [name, this.#columns.get(name)!.steps[i]!] as const)
    return JSON.stringify(steps.filter(([, value]) => !Number.isNaN(value)))
  }

  /** These items, and the columns that have something of them. */
  #pick(places: readonly number[], names: readonly string[] = this.columns): SampleDay {
    const day = new SampleDay()
    for (const i of places) day.#push(this.#ts[i]!, this.#boots[this.#boot[i]!]!, this.#seq[i]!)
    for (const key of names) {
      const column = this.#columns.get(key)!
      const steps = places.map((i) => column.steps[i]!)
      if (!steps.every(Number.isNaN)) day.#columns.set(key, { ...column, steps })
    }
    return day
  }

  /** As text from an item on: differences, in order of time, what is there twice once. */
  encode(from = 0): string {
    const day = this.arranged(from)
    const text: Text = {
      b: day.#boots,
      t: deltas(day.#ts),
      o: day.#boot,
      s: deltas(day.#seq),
      v: Object.fromEntries([...day.#columns].map(([key, { steps }]) => [key, deltas(steps)])),
    }
    return JSON.stringify(text)
  }

  /** The samples of a text. */
  static of(text: string): SampleDay {
    const { b, t, o, s, v } = JSON.parse(text) as Text
    const day = new SampleDay()
    day.#boots = [...b]
    day.#boot = [...o]
    day.#ts = sums(t)
    day.#seq = sums(s)
    for (const [key, list] of Object.entries(v)) {
      const column = day.#column(key, 0)
      for (const value of sums(list)) column.steps.push(value)
    }
    day.#isArranged = true
    return day
  }
}

const sameText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Each number after the one before it that is there; null for what is none. */
function deltas(list: readonly number[]): (number | null)[] {
  let last = 0
  return list.map((value) => {
    if (Number.isNaN(value)) return null
    const delta = value - last
    last = value
    return delta
  })
}

function sums(list: readonly (number | null)[]): number[] {
  let last = 0
  return list.map((delta) => (delta === null ? NaN : (last += delta)))
}
