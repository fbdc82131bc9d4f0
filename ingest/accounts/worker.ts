/** In the thread: accounts that are due, and what records would change, from what the ledger of a firm has. It writes nothing. */
import { parentPort } from 'node:worker_threads'
import { priceBook, type DatedRecord, type PriceBook } from '#domain/accounting/records.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import { Almanac } from '#domain/accounting/almanac.ts'
import { dueAccounts, effectOf, revalued } from './settledDays.ts'
import type { Answer, Done, Job } from './accountant.ts'

/** Days made between two looks: what is made is stored before more is begun. */
const TOGETHER = 16

const port = parentPort!

/** Days that are shown of what records would change. */
const SHOWN = 7

function withFirm<T>(file: string, more: readonly DatedRecord[], run: (known: Known) => T, none: T): T {
  const reader = openLedgerReader(file)
  try {
    const records = reader.records()
    const plants = reader.plants()
    if (records.length + more.length === 0 || plants.length === 0) return none
    const books = priceBook([...records, ...more])
    return run({ reader, books, almanac: new Almanac(plants, () => books), stored: records.length })
  } finally {
    reader.close()
  }
}

type Known = {
  readonly reader: ReturnType<typeof openLedgerReader>
  readonly books: PriceBook
  readonly almanac: Almanac
  /** Records that are put already. */
  readonly stored: number
}

function answerTo(asked: Job): Done {
  if (asked.kind === 'look')
    return withFirm<Done>(
      asked.file,
      [],
      ({ reader, almanac, books }) => ({ kind: 'look', ...dueAccounts(reader, almanac, books, TOGETHER) }),
      { kind: 'look', rows: [], more: false },
    )
  if (asked.kind === 'revalue')
    return withFirm<Done>(
      asked.file,
      [],
      ({ reader, almanac, books }) => ({ kind: 'revalue', row: revalued(reader, almanac, books, asked.day) }),
      { kind: 'revalue', row: null },
    )
  return withFirm<Done>(
    asked.file,
    asked.records,
    ({ reader, almanac, books, stored }) => ({
      kind: 'effect',
      effect: effectOf(reader, almanac, books, stored, SHOWN),
    }),
    { kind: 'effect', effect: { days: [], more: 0 } },
  )
}

port.on('message', (asked: Job) => {
  let answer: Answer
  try {
    answer = answerTo(asked)
  } catch (error) {
    answer = { kind: 'failed', why: (error as Error).message }
  }
  port.postMessage(answer)
})
