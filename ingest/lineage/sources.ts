/** From panes to the messages they rest on: of each source the first and the last item, how many there are, and if asked for a page of them. */
import type { PaneSources, SourceMessage, SourceStream } from '#contract/local.ts'
import type { Pane, Source } from '#domain/accounting/pane.ts'
import type { JournalReader } from '#store/journal/journal.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import type { Firm } from '../firm.ts'
import type { MachineMemory } from '../machine.ts'
import { carriedBy, Evidence, isIn, numberOf, type Wanted } from './evidence.ts'
import { standing, type Standing } from './standing.ts'
import { stretchesOf, type Asked } from './stretches.ts'

/** How many items of a stream are listed, by offset, those of messages behind `after`. */
export type Page = { readonly after: number; readonly limit: number }

/** The panes of a window that `windowOf` found good, with their messages. */
export function paneSources(
  reader: JournalReader,
  firm: Firm,
  machine: MachineMemory,
  asked: Asked,
  page: Page,
): PaneSources {
  const ledger = openLedgerReader(firm.ledger.file)
  let panes: Pane[]
  try {
    panes = [...stretchesOf(firm, machine, asked, ledger)].flatMap(({ shown }) => shown)
  } finally {
    ledger.close()
  }
  const sources = panes.flatMap((pane) => pane.sources)
  const items = standing(firm, new Evidence(firm, reader).find(wantedFor(sources, machine.path)))
  const byStream = Map.groupBy(items, ({ machine: of, class: cls }) => `${of} ${cls}`)
  const sizes = new Map<number, number>()
  const streamOf = (source: Source): SourceStream => {
    const range = { ...source, machine: source.machine ?? machine.path }
    const found = (byStream.get(`${range.machine} ${range.class}`) ?? []).filter(
      (one) => isIn(one, range) && isNamed(one, source),
    )
    const number = ({ item }: Standing) => (source.boot === null ? item.ts : numberOf(item))
    const inOrder = found.toSorted((a, b) => number(a) - number(b))
    const [first, last] = [inOrder[0], inOrder.at(-1)]
    return {
      ...range,
      items: found.length,
      messages: new Set(found.map(({ entry }) => entry.offset)).size,
      first: first ? messageIn(first, sizes) : null,
      last: last ? messageIn(last, sizes) : null,
      page: found
        .filter(({ entry }) => entry.offset > page.after)
        .slice(0, page.limit)
        .map((one) => messageIn(one, sizes)),
    }
  }
  return { panes: panes.map((pane) => ({ ...pane, sources: pane.sources.map(streamOf) })) }
}

/** One range for each stream, over all the panes. */
function wantedFor(sources: readonly Source[], own: string): Wanted[] {
  const streams = Map.groupBy(sources, (source) =>
    JSON.stringify([source.machine ?? own, source.class, source.boot]),
  )
  return [...streams.values()].map((all) => ({
    machine: all[0]!.machine ?? own,
    class: all[0]!.class,
    boot: all[0]!.boot,
    from: Math.min(...all.map(({ from }) => from)),
    to: Math.max(...all.map(({ to }) => to)),
  }))
}

/** An event is named by its ts only where it has no seq (machinePanes.ts); a state always is. */
const isNamed = ({ class: cls, boot, item }: Standing, source: Source): boolean =>
  source.boot !== null || cls !== 'event' || boot === null || item.seq === undefined

function messageIn(
  { entry, class: cls, boot, item, place }: Standing,
  sizes: Map<number, number>,
): SourceMessage {
  const { offset, receivedAt } = entry
  let items = sizes.get(offset)
  if (items === undefined) {
    const decoded = carriedBy(entry)?.decoded
    sizes.set(offset, (items = decoded?.ok ? decoded.items.length : 1))
  }
  return { offset, receivedAt, class: cls, boot, seq: item.seq ?? null, ts: item.ts, place, items }
}
