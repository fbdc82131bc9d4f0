/** What can be taken away from the drawer: a receipt that names a figure and its evidence, and the whole of it with the raw messages. */
import type { Trace, TraceMessages, TraceRecompute } from '../server/shapes.ts'
import { check, exact, type Figure, type Token } from './trace.ts'

export type Shown = {
  readonly token: string
  readonly url: string
  readonly trace: Trace
  /** Of the chosen pane; null: nothing was shown. */
  readonly messages: TraceMessages | null
  readonly recomputed: TraceRecompute | null
}

const iso = (at: number): string => new Date(at).toISOString()

export function receiptOf({ token, url, trace, messages, recomputed }: Shown) {
  const { firm, day, shift, window, formula, amount, machine, at } = trace
  const element = amountOf(trace)
  const source = trace.sources.find((one) => one.machine === machine)
  return {
    kind: 'baiyuan.receipt/1',
    firm,
    figure: token,
    url,
    day,
    shift,
    window: { from: iso(window.from), to: iso(window.to), asOf: iso(window.asOf), open: window.open },
    definition: formula.definition,
    records: formula.records,
    revision: formula.revision,
    accountHash: formula.hash,
    u: formula.u,
    costFen: formula.cost,
    valueNano: trace.value.nano,
    opened: {
      amount,
      nano: element,
      machine,
      machineNano: source?.nano ?? null,
      quarter: at === null ? null : iso(at),
      panes: trace.panes
        .filter(({ start }) => start === at)
        .map(({ start, nano }) => ({ start: iso(start), nano })),
    },
    sums: {
      machinesToAmount: check(trace.sources, exact(element))?.ok ?? null,
      panesToMachine: source ? (check(trace.panes, exact(source.nano))?.ok ?? null) : null,
    },
    messages: (messages?.raw ?? []).map(({ offset, receivedAt, topic, chain }) => ({
      offset,
      receivedAt: iso(receivedAt),
      topic,
      chain: chain?.state ?? null,
      hash: chain?.hash ?? null,
    })),
    recomputed: recomputed && {
      stands: recomputed.stands,
      recomputed: recomputed.recomputed,
      difference: recomputed.difference,
      equal: recomputed.equal,
      hash: recomputed.hash,
      messages: recomputed.messages,
      missing: recomputed.missing,
    },
  }
}

/** The receipt, and all that it was made of. */
export const packOf = (shown: Shown) => ({
  ...receiptOf(shown),
  kind: 'baiyuan.evidence/1',
  trace: shown.trace,
  panes: shown.messages?.panes ?? [],
  raw: shown.messages?.raw ?? [],
  recomputation: shown.recomputed,
})

/** Nano-yuan of what is opened: an element, or output value; null: it may not be seen. */
export function amountOf({ amount, elements, value }: Trace): string | null {
  if (amount === 'value') return value.nano
  return elements.find((one) => one.amount === amount)?.nano ?? null
}

/** `trace-demo-a-2026-11-24-machine-main-cnc-l1-lathe-07-electricity.json` */
export const packName = ({ firm, day }: Trace, token: string): string =>
  `trace-${firm}-${day}-${token.replaceAll(/[^\w-]+/g, '-')}.json`

/** The title of a figure in words: a key, and what the key has to be filled with. */
export function headingOf({
  figure,
}: Token): { readonly key: string } | { readonly element: Extract<Figure, { of: 'element' }>['element'] } {
  if (figure.of === 'element') return { element: figure.element }
  if (figure.of === 'line') return { key: `line.${figure.line}` }
  return { key: figure.of === 'ratio' ? `trace.ratio.${figure.ratio}` : `trace.figure.${figure.of}` }
}
