/**
 * What a day truly cost and was worth, as cumulative amounts in micro-yuan since 08:00, by stream and owner (a machine, or `plant`
 * for what is no machine's). An amount of a window is the difference of two rounded cumulative amounts: windows that touch add up
 * to the one that spans them, owners to the plant, streams to the total, exactly.
 */
import { HOUR, type Instant } from '#domain/time.ts'
import { postElectricity } from './billing.ts'
import type { Book, Worth } from './book.ts'
import { type Span, hoursOf } from './calendar.ts'
import type { Stream } from './catalogue.ts'
import { postFlows, postMachineHours, postPeople, postPieces, postRepairs } from './postings.ts'
import type { DayTruth } from './truthDay.ts'

type Instants = { readonly at: number[]; readonly sum: number[] }

type Accrual = Span & { readonly amount: number }

type Account = {
  at: [Instant, number][]
  instants: Instants | null
  accruals: Accrual[]
  live: ((at: Instant) => number)[]
}

export type Ledger = {
  readonly owners: readonly string[]
  /** Cumulative amount since the day began, micro-yuan (pieces for `finished`), not rounded. */
  readonly amount: (stream: Stream | Worth, owner: string, at: Instant) => number
}

const ledgers = new WeakMap<DayTruth, Ledger>()

/** The ledger of a day; made once. */
export function ledgerOf(day: DayTruth): Ledger {
  let ledger = ledgers.get(day)
  if (!ledger) ledgers.set(day, (ledger = makeLedger(day)))
  return ledger
}

function makeLedger(day: DayTruth): Ledger {
  const accounts = new Map<string, Account>()
  const account = (stream: Stream | Worth, owner: string): Account => {
    const key = `${stream}/${owner}`
    let found = accounts.get(key)
    if (!found) accounts.set(key, (found = { at: [], instants: null, accruals: [], live: [] }))
    return found
  }
  const book: Book = {
    post: (stream, owner, at, amount) => void account(stream, owner).at.push([at, amount]),
    accrue: (stream, owner, spans, amount) => {
      const hours = hoursOf(spans)
      if (hours === 0 || amount === 0) return
      for (const span of spans)
        account(stream, owner).accruals.push({
          ...span,
          amount: (amount * (span.to - span.from)) / HOUR / hours,
        })
    },
    live: (stream, owner, amount) => void account(stream, owner).live.push(amount),
  }
  postPieces(day, book)
  postRepairs(day, book)
  postElectricity(day, book)
  postFlows(day, book)
  if (day.open) {
    postPeople(day, book)
    postMachineHours(day, book)
  }
  for (const one of accounts.values()) one.instants = running(one.at)
  return {
    owners: [...Object.keys(day.machines), 'plant'],
    amount: (stream, owner, at) => {
      const one = accounts.get(`${stream}/${owner}`)
      return one ? amountAt(one, at) : 0
    },
  }
}

function running(posted: readonly (readonly [Instant, number])[]): Instants {
  const sorted = posted.toSorted((a, b) => a[0] - b[0])
  let total = 0
  return { at: sorted.map(([at]) => at), sum: sorted.map(([, amount]) => (total += amount)) }
}

function amountAt({ instants, accruals, live }: Account, at: Instant): number {
  let low = 0
  let high = instants!.at.length
  // what happens at an instant belongs to the window that begins with it
  while (low < high) {
    const middle = (low + high) >> 1
    if (instants!.at[middle]! < at) low = middle + 1
    else high = middle
  }
  let sum = low > 0 ? instants!.sum[low - 1]! : 0
  for (const { from, to, amount } of accruals)
    if (at >= to) sum += amount
    else if (at > from) sum += (amount * (at - from)) / (to - from)
  for (const one of live) sum += one(at)
  return sum
}

/** Whole micro-yuan of a stream and owner in [from, to) of the day. */
export function amountIn(
  ledger: Ledger,
  stream: Stream | Worth,
  owner: string,
  from: Instant,
  to: Instant,
): number {
  return Math.round(ledger.amount(stream, owner, to)) - Math.round(ledger.amount(stream, owner, from))
}
