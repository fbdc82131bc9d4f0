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
  readonly t: readonly number[]
  readonly o: readonly number[]
  readonly s: readonly number[]
  readonly v: Readonly<Record<string, readonly (number | null)[]>>
}

export class SampleDay {
  #boots: string[] = []
  #ts: number[] = []
  #boot: number[] = []
  #seq: number[] = []
  /** NaN: not read at that moment. */
  readonly #steps = new Map<string, number[]>()

  get count(): number {
    return this.#ts.length
  }

  get columns(): string[] {
    return [...this.#steps.keys()]
  }

  add({ ts, boot, seq, steps }: CountItem): void {
    const at = this.#ts.length
    this.#ts.push(ts)
    this.#boot.push(this.#bootNumber(boot))
    this.#seq.push(seq)
    for (const name of steps.keys())
      if (!this.#steps.has(name))
        this.#steps.set(
          name,
          Array.from({ length: at }, () => NaN),
        )
    for (const [name, column] of this.#steps) column.push(steps.get(name) ?? NaN)
  }

  addAll(other: SampleDay): this {
    for (const item of other.items()) this.add(item)
    return this
  }

  #bootNumber(boot: string): number {
    const known = this.#boots.lastIndexOf(boot)
    return known >= 0 ? known : this.#boots.push(boot) - 1
  }

  *items(from = 0): Generator<CountItem> {
    for (let i = from; i < this.count; i++) {
      const steps = new Map<string, number>()
      for (const [name, column] of this.#steps) if (!Number.isNaN(column[i]!)) steps.set(name, column[i]!)
      yield { ts: this.#ts[i]!, boot: this.#boots[this.#boot[i]!]!, seq: this.#seq[i]!, steps }
    }
  }

  /** Samples of a measure in the order in which they came. */
  samples({ name, scale }: SampleMeasure): Sample[] {
    const out: Sample[] = []
    for (const [key, column] of this.#steps) {
      if (nameOfColumn(key) !== name) continue
      const was = Number(key.slice(name.length + 1))
      column.forEach((told, i) => {
        if (Number.isNaN(told)) return
        const steps = was === scale ? told : Math.round((told * scale) / was)
        out.push({ boot: this.#boots[this.#boot[i]!]!, seq: this.#seq[i]!, ts: this.#ts[i]!, steps })
      })
    }
    return out
  }

  /** The ts under which a key is held, or null. */
  tsOf({ boot, seq }: SampleKey): Instant | null {
    const number = this.#boots.indexOf(boot)
    const at = this.#seq.findIndex((one, i) => one === seq && this.#boot[i] === number)
    return number < 0 || at < 0 ? null : this.#ts[at]!
  }

  /** The same without a key. */
  without({ boot, seq }: SampleKey): SampleDay {
    const rest = new SampleDay()
    for (const item of this.items()) if (item.boot !== boot || item.seq !== seq) rest.add(item)
    return rest
  }

  /** As text from an item on: differences, in order of time, what is there twice once. */
  encode(from = 0): string {
    const items = [...this.items(from)].toSorted(inOrder).filter(isFirst)
    const boots = [...new Set(items.map(({ boot }) => boot))]
    const names = [...new Set(items.flatMap(({ steps }) => [...steps.keys()]))].toSorted()
    const text: Text = {
      b: boots,
      t: deltas(items.map(({ ts }) => ts)),
      o: items.map(({ boot }) => boots.indexOf(boot)),
      s: deltas(items.map(({ seq }) => seq)),
      v: Object.fromEntries(
        names.map((name) => [name, deltas(items.map((item) => item.steps.get(name) ?? null))]),
      ),
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
    for (const [name, list] of Object.entries(v)) day.#steps.set(name, sums(list))
    return day
  }
}

const sameText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const stepsText = ({ steps }: CountItem): string =>
  JSON.stringify([...steps].toSorted(([a], [b]) => sameText(a, b)))
const inOrder = (a: CountItem, b: CountItem): number =>
  a.ts - b.ts || sameText(a.boot, b.boot) || a.seq - b.seq || sameText(stepsText(a), stepsText(b))
const isFirst = (item: CountItem, i: number, all: readonly CountItem[]): boolean =>
  i === 0 || inOrder(all[i - 1]!, item) !== 0

/** Each number after the one before it that is there. */
function deltas<T extends number | null>(list: readonly T[]): T[] {
  let last = 0
  return list.map((value) => {
    if (value === null) return value
    const delta = value - last
    last = value
    return delta as T
  })
}

function sums(list: readonly (number | null)[]): number[] {
  let last = 0
  return list.map((delta) => (delta === null ? NaN : (last += delta)))
}
