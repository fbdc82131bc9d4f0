/** In the thread: accounts that are due, from what the ledger of a firm has. It writes nothing. */
import { parentPort } from 'node:worker_threads'
import { priceBook } from '#domain/accounting/records.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import { Almanac } from '#domain/accounting/almanac.ts'
import { dueAccounts } from './settledDays.ts'
import type { Answer, Look } from './accountant.ts'

/** Days made between two looks: what is made is stored before more is begun. */
const TOGETHER = 16

const port = parentPort!

function look({ file }: Look): Omit<Extract<Answer, { ok: true }>, 'firm' | 'ok'> {
  const reader = openLedgerReader(file)
  try {
    const records = reader.records()
    const plants = reader.plants()
    if (records.length === 0 || plants.length === 0) return { rows: [], more: false }
    const books = priceBook(records)
    return dueAccounts(reader, new Almanac(plants, () => books), books, TOGETHER)
  } finally {
    reader.close()
  }
}

port.on('message', (asked: Look) => {
  let answer: Answer
  try {
    answer = { firm: asked.firm, ok: true, ...look(asked) }
  } catch (error) {
    answer = { firm: asked.firm, ok: false, why: (error as Error).message }
  }
  port.postMessage(answer)
})
