/**
 * Panes as text: the compact form in which they are stored, and the content whose hash says whether two ways of making them agree.
 * One text holds panes of one machine and one length, usually of a production day. The same panes give the same text, whatever
 * their order; sources are a text of their own, since they are no content.
 */
import { GROUPS, SCALARS, byKey, groupsOf, newAmounts, type Pane, type Source } from './pane.ts'

/** Raised when a text written by an older version would be read wrongly. */
const VERSION = 1

type Row = readonly (number | readonly number[])[]
type Content = {
  readonly v: number
  readonly machine: string
  readonly length: number
  /** Every name that occurs, sorted; rows refer to them by place. */
  readonly words: readonly string[]
  /** [start in lengths after the row before, shift or −1, order, product (place of the word or −1), scalars…, flags, groups…] */
  readonly rows: readonly Row[]
}

/** Panes of one machine and one length; throws a RangeError when they are of several. */
export function encodePanes(panes: readonly Pane[]): string {
  const sorted = panes.toSorted(byKey)
  const { machine, length } = sorted[0] ?? { machine: '', length: 0 }
  if (sorted.some((pane) => pane.machine !== machine || pane.length !== length))
    throw new RangeError('panes of several machines or lengths do not make one text')
  const places = new Map<string, number>()
  const note = (word: string) => places.set(word, -1)
  const groups = sorted.map((pane) => {
    if (pane.order !== null) note(pane.order)
    if (pane.product !== null) note(pane.product)
    return groupsOf(pane).map((amounts) => {
      const names = Object.keys(amounts)
      if (names.length > 1) names.sort()
      for (const name of names) note(name)
      return { amounts, names }
    })
  })
  const words = [...places.keys()].toSorted()
  words.forEach((word, i) => places.set(word, i))
  const place = (word: string | null) => (word === null ? -1 : places.get(word)!)
  let before = 0
  const rows = sorted.map((pane, i): Row => {
    const at = pane.start / length
    const row: (number | number[])[] = [at - before, pane.shift ?? -1, place(pane.order), place(pane.product)]
    before = at
    for (const scalar of SCALARS) row.push(pane[scalar])
    row.push(pane.flags)
    for (const { amounts, names } of groups[i]!) {
      const pairs: number[] = []
      for (const name of names) pairs.push(places.get(name)!, amounts[name]!)
      row.push(pairs)
    }
    return row
  })
  return JSON.stringify({ v: VERSION, machine, length, words, rows } satisfies Content)
}

/** Panes of a text of encodePanes, in the order of their keys; `sources`: the text of encodeSources for the same panes. */
export function decodePanes(text: string, sources?: string): Pane[] {
  const { v, machine, length, words, rows } = JSON.parse(text) as Content
  if (v !== VERSION) throw new RangeError(`panes of version ${v}, this is ${VERSION}`)
  const known = sources === undefined ? null : decodeSources(sources)
  const word = (place: number) => (place < 0 ? null : words[place]!)
  let at = 0
  return rows.map((row, i) => {
    const [step, shift, order, product, persons, covered, uncertain, flags] = row as readonly number[]
    at += step!
    const groups = row.slice(-GROUPS.length) as readonly (readonly number[])[]
    const amounts = (group: (typeof GROUPS)[number]) => {
      const out = newAmounts()
      const pairs = groups[GROUPS.indexOf(group)]!
      for (let k = 0; k < pairs.length; k += 2) out[words[pairs[k]!]!] = pairs[k + 1]!
      return out
    }
    return {
      machine,
      start: at * length,
      length,
      shift: shift! < 0 ? null : shift!,
      order: word(order!),
      product: word(product!),
      registers: amounts('registers'),
      states: amounts('states'),
      busy: amounts('busy'),
      good: amounts('good'),
      scrap: amounts('scrap'),
      rework: amounts('rework'),
      drivers: amounts('drivers'),
      persons: persons!,
      covered: covered!,
      uncertain: uncertain!,
      flags: flags!,
      sources: known?.[i] ?? [],
    }
  })
}

/** Sources of panes in the order of their keys: by stream, and in it how far `from` is after the pane before, and `to` after `from`. */
export function encodeSources(panes: readonly Pane[]): string {
  const streams: { readonly source: Source; last: number }[] = []
  const rows = panes.toSorted(byKey).map(({ sources }) => {
    const row: number[] = []
    for (const source of sources) {
      let at = streams.findIndex((stream) => isSameStream(stream.source, source))
      if (at < 0) at = streams.push({ source, last: 0 }) - 1
      const stream = streams[at]!
      row.push(at, source.from - stream.last, source.to - source.from)
      stream.last = source.from
    }
    return row
  })
  return JSON.stringify([streams.map(({ source }) => [source.machine, source.class, source.boot]), rows])
}

const isSameStream = (a: Source, b: Source): boolean =>
  a.boot === b.boot && a.class === b.class && a.machine === b.machine

function decodeSources(text: string): Source[][] {
  const [streams, rows] = JSON.parse(text) as [
    [Source['machine'], Source['class'], Source['boot']][],
    number[][],
  ]
  const last: number[] = []
  return rows.map((row) => {
    const out: Source[] = []
    for (let k = 0; k < row.length; k += 3) {
      const stream = row[k]!
      const [machine, cls, boot] = streams[stream]!
      const from = (last[stream] ?? 0) + row[k + 1]!
      last[stream] = from
      out.push({ machine, class: cls, boot, from, to: from + row[k + 2]! })
    }
    return out
  })
}

/** The content hash of panes of one machine and length: `hash` is SHA-256 or the like, over the text's UTF-8. */
export const contentHash = (panes: readonly Pane[], hash: (text: string) => string): string =>
  hash(encodePanes(panes))
