/**
 * What of a raw message a figure is made of: of a long batch the one item, of the item the one number, and whether the readings of a pane
 * differ by what the pane holds.
 */
import type { Instant } from '#domain/time.ts'
import type { TraceMessages } from '../server/shapes.ts'
import type { Part } from './payload.ts'

type Pane = TraceMessages['panes'][number]
type Source = Pane['sources'][number]
export type RawMessage = TraceMessages['raw'][number]

/** Streams of a pane that are told, each with its first and last message; one message is told once. */
export type ToldMessage = {
  readonly raw: RawMessage
  /** Which item of it, by time and number. */
  readonly seq: number | null
  readonly ts: Instant
  readonly class: string
}

export function toldMessages(
  { sources }: Pane,
  raw: TraceMessages['raw'],
  first: string,
): readonly ToldMessage[] {
  const byOffset = new Map(raw.map((one) => [one.offset, one]))
  const told = new Map<string, ToldMessage>()
  for (const { class: cls, first: begin, last } of [...sources].toSorted(
    (a, b) => rank(a, first) - rank(b, first),
  ))
    for (const one of [begin, last]) {
      const message = one && byOffset.get(one.offset)
      if (one && message)
        told.set(`${one.offset} ${one.seq}`, { raw: message, seq: one.seq, ts: one.ts, class: cls })
    }
  return [...told.values()]
}
const rank = (source: Source, first: string): number =>
  source.class === first ? 0 : source.class === 'state' ? 1 : 2

const MARGIN = 60

/** The payload with the number of a register, or the item's own part, marked; what of a batch is not meant is left out by `…`. */
export function partsOf(payload: string, seq: number | null, register: string | null): readonly Part[] {
  const [begin, end] = itemAt(payload, seq) ?? [0, payload.length]
  const value = register === null ? null : valueAt(payload.slice(begin, end), register)
  const lead = begin > MARGIN ? `${payload.slice(0, MARGIN / 2)} … ` : payload.slice(0, begin)
  const tail = payload.length - end > MARGIN ? ' … ]}' : payload.slice(end)
  const item = payload.slice(begin, end)
  const parts: Part[] = value
    ? [
        { text: lead + item.slice(0, value[0]), marked: false },
        { text: item.slice(value[0], value[1]), marked: true },
        { text: item.slice(value[1]) + tail, marked: false },
      ]
    : [
        { text: lead, marked: false },
        { text: item, marked: begin > 0 },
        { text: tail, marked: false },
      ]
  return parts.filter(({ text }) => text !== '')
}

/** Where the item of a number stands in a batch: the braces around its `"seq":`. Null: the message is one item. */
function itemAt(payload: string, seq: number | null): readonly [number, number] | null {
  const items = payload.indexOf('"items"')
  if (items < 0 || seq === null) return null
  const found = new RegExp(String.raw`"seq"\s*:\s*${seq}\b`).exec(payload.slice(items))
  if (!found) return null
  const begin = payload.lastIndexOf('{', items + found.index)
  let depth = 0
  for (let at = begin; at < payload.length; at++) {
    if (payload[at] === '{') depth++
    else if (payload[at] === '}' && --depth === 0) return [begin, at + 1]
  }
  return null
}

function valueAt(item: string, register: string): readonly [number, number] | null {
  const name = register.replaceAll(/[.*+?^${}()|[\]\\-]/g, String.raw`\$&`)
  const found = new RegExp(String.raw`("${name}"\s*:\s*)(-?[\d.]+)`).exec(item)
  if (!found) return null
  const begin = found.index + found[1]!.length
  return [begin, begin + found[2]!.length]
}

/** Readings of a register at both ends of a pane, as written, and their difference in steps of `scale` a unit. */
export type Growth = {
  readonly first: string
  readonly last: string
  readonly steps: number
  /** Do both stand at the ends of the pane? If not, what is between them is shared out by time. */
  readonly atEnds: boolean
  /** Is it what the pane holds? */
  readonly equal: boolean
}

/** A pane that is still open by `asOf` ends at its newest reading. */
export function growthOf(
  pane: Pane,
  raw: TraceMessages['raw'],
  register: string,
  scale: number,
  asOf: Instant,
): Growth | null {
  // after a restart its readings go on in another stream
  const ends = pane.sources
    .filter((one) => one.class === 'count')
    .flatMap((one) => (one.first && one.last ? [one.first, one.last] : []))
    .toSorted((a, b) => a.ts - b.ts)
  const [begin, end] = [ends[0], ends.at(-1)]
  const read = (one: Source['first'] | undefined): string | null => {
    const payload = one && raw.find(({ offset }) => offset === one.offset)?.payload
    if (!one || !payload) return null
    const item = payload.slice(...(itemAt(payload, one.seq) ?? [0, payload.length]))
    const at = valueAt(item, register)
    return at && item.slice(at[0], at[1])
  }
  const [first, last] = [read(begin), read(end)]
  const held = pane.registers[register]
  if (!begin || !end || begin.ts === end.ts || first === null || last === null || held === undefined)
    return null
  const steps = Math.round(Number(last) * scale) - Math.round(Number(first) * scale)
  const atEnds = begin.ts === pane.start && (end.ts === pane.end || pane.end > asOf)
  return { first, last, steps, atEnds, equal: steps === held }
}
