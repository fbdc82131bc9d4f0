/** From panes to the messages they rest on: of each source the first and the last item, how many there are, and if asked for a page of them. */
import { setImmediate as breathe } from 'node:timers/promises'
import type { PaneSources, SourceMessage, SourceStream } from '#contract/local.ts'
import type { Pane, Source } from '#domain/accounting/pane.ts'
import type { JournalReader } from '#store/journal/journal.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import type { Firm } from '../firm.ts'
import type { MachineMemory } from '../machine.ts'
import { Evidence, isIn, numberOf, type Wanted } from './evidence.ts'
import { standing, type Standing } from './standing.ts'
import { stretchesOf, type Asked } from './stretches.ts'

/** How many items of a stream are listed, by offset, those of messages behind `after`. */
export type Page = { readonly after: number; readonly limit: number }

/** The panes of a window that `windowOf` found good, with their messages: an hour at a time, others work in between. */
export async function paneSources(
  reader: JournalReader,
  firm: Firm,
  machine: MachineMemory,
  asked: Asked,
  page: Page,
): Promise<PaneSources> {
  const evidence = new Evidence(firm, reader)
  const ledger = openLedgerReader(firm.ledger.file)
  const panes: PaneSources['panes'][number][] = []
  try {
    for (const { shown } of stretchesOf(firm, machine, asked, ledger)) {
      const wanted = wantedFor(
        shown.flatMap((pane) => pane.sources),
        machine.path,
      )
      const found = standing(firm, evidence.find(wanted))
      panes.push(...shown.map((pane) => withMessages(pane, found, page)))
      await breathe()
    }
  } finally {
    ledger.close()
  }
  return { panes }
}

function withMessages(
  pane: Pane,
  found: readonly Standing[],
  { after, limit }: Page,
): PaneSources['panes'][number] {
  const sources = pane.sources.map((source): SourceStream => {
    const range = { ...source, machine: source.machine ?? pane.machine }
    const own = found.filter((one) => isIn(one, range) && isNamed(one, source))
    const number = ({ item }: Standing) => (source.boot === null ? item.ts : numberOf(item))
    const inOrder = own.toSorted((a, b) => number(a) - number(b))
    const [first, last] = [inOrder[0], inOrder.at(-1)]
    return {
      ...range,
      items: own.length,
      messages: new Set(own.map(({ entry }) => entry.offset)).size,
      first: first ? messageIn(first) : null,
      last: last ? messageIn(last) : null,
      page: own
        .filter(({ entry }) => entry.offset > after)
        .slice(0, limit)
        .map(messageIn),
    }
  })
  return { ...pane, sources }
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

function messageIn({ entry, class: cls, boot, item, place, items }: Standing): SourceMessage {
  const { offset, receivedAt } = entry
  return { offset, receivedAt, class: cls, boot, seq: item.seq ?? null, ts: item.ts, place, items }
}
