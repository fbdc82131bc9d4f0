/** From a figure to its raw messages, and back. */
import type { TraceMessages } from '#contract/trace.ts'
import { QUARTER } from '#domain/accounting/pane.ts'
import { MINUTE } from '#domain/time.ts'
import { LocalError } from '#runtime/local.ts'
import { monthsBefore } from '#store/ledger/monthsBefore.ts'
import { accountsOf } from '../figures/accounts.ts'
import { inputOf, PaneShelf } from '../figures/dayPanes.ts'
import { daysOf, isRefused } from '../figures/days.ts'
import { amountOf, traceOf } from '../figures/trace.ts'
import type { Ports } from '../ports.ts'
import { refuse, type Refused } from './problem.ts'
import { serve } from './serve.ts'

export const trace = (ports: Ports) => {
  const accounts = accountsOf(ports)
  const shelf = new PaneShelf(ports)

  const dayOf = async (firm: string, day: string | undefined) => {
    const days = await daysOf(ports, accounts, firm, { from: day })
    if (isRefused(days)) return days
    const panes = await shelf.of(firm, days.days[0]!)
    const before = monthsBefore(ports.ledgers.of(firm)!, panes.account.day)
    return { days, panes, input: inputOf(days, panes, before) }
  }

  return serve<'trace' | 'traceMessages' | 'traceRecompute'>(ports, {
    trace: ({ at, query }) =>
      asked(ports, async () => {
        const found = await dayOf(at['firm']!, query.day)
        if (isRefused(found)) return found
        return { body: traceOf(found.days, found.panes, found.input, query) }
      }),

    traceMessages: ({ at, query }) =>
      asked(ports, async () => {
        const firm = at['firm']!
        const start = Math.floor(query.from / QUARTER) * QUARTER
        const window = {
          from: start,
          to: start + QUARTER,
          length: query.length === 'minute' ? MINUTE : QUARTER,
        }
        const { panes } = await ports.ingest.sources(firm, query.machine, window)
        const told = panes.filter(
          (pane) => query.length === 'quarter' || pane.start === Math.floor(query.from / MINUTE) * MINUTE,
        )
        const offsets = told.flatMap(({ sources }) =>
          sources.flatMap(({ first, last }) => [first, last].flatMap((one) => (one ? [one.offset] : []))),
        )
        const wanted = [...new Set(offsets)].toSorted((a, b) => a - b)
        return {
          body: {
            panes: panes.map(({ start: begin, length, registers, states, good, sources }) => ({
              start: begin,
              end: begin + length,
              registers: { ...registers },
              states: { ...states },
              good: { ...good },
              sources: sources.map((source) => ({ ...source })),
            })),
            raw: await rawOf(ports, firm, wanted),
          },
        }
      }),

    traceRecompute: ({ at, query }) =>
      asked(ports, async () => {
        const firm = at['firm']!
        const found = await dayOf(firm, query.day)
        if (isRefused(found)) return found
        const { input } = found
        const from = query.at === undefined ? input.span.from : Math.max(input.span.from, query.at)
        const span = {
          from,
          to: query.at === undefined ? input.span.to : Math.min(input.span.to, query.at + QUARTER),
        }
        if (span.from >= span.to) return refuse(400, 'bad-window', 'the quarter-hour is not in the day')
        const made = await ports.ingest.recompute(firm, query.machine, span)
        const inSpan = input.panes.filter(
          ({ machine, start }) => machine === query.machine && start >= span.from && start < span.to,
        )
        const stands = amountOf(input, query.amount, query.machine, span, inSpan)
        const recomputed = amountOf(input, query.amount, query.machine, span, made.panes)
        return {
          body: {
            stands: String(stands),
            recomputed: String(recomputed),
            difference: String(recomputed - stands),
            equal: made.equal,
            hash: made.hash,
            standsHash: made.storedHash,
            messages: made.messages,
            missing: made.missing.length,
            differences: made.differences.map(({ start, what, stored, recomputed: anew }) => ({
              start,
              what,
              stands: stored,
              recomputed: anew,
            })),
          },
        }
      }),
  })
}

/** Streams of a pane are few: those of its machine, and those of events that speak of it. */
const MOST_RAW = 24

async function rawOf(ports: Ports, firm: string, offsets: readonly number[]): Promise<TraceMessages['raw']> {
  const entries = await Promise.all(
    offsets.slice(0, MOST_RAW).map((offset) => ports.ingest.entry(firm, offset)),
  )
  return entries.flatMap((entry, i) =>
    entry
      ? [
          {
            offset: offsets[i]!,
            topic: entry.topic,
            receivedAt: entry.receivedAt,
            payload: entry.payload,
            chain: entry.chain ? { state: entry.chain.state, hash: entry.chain.hash } : null,
          },
        ]
      : [],
  )
}

/** Answers of the pipeline that are no are passed on as what they are. */
async function asked<T extends object>(ports: Ports, ask: () => Promise<T | Refused>): Promise<T | Refused> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof LocalError && error.status === 404) return refuse(404)
    if (error instanceof LocalError && error.status < 500)
      return refuse(error.status, 'bad-window', error.message)
    ports.log.warn({ err: error }, 'the origin of a figure could not be read')
    return refuse(503, 'ingest-down', 'the pipeline does not answer: try again')
  }
}
