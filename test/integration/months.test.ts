/**
 * A plant with a main meter, packed pieces, a price list, head counts and amounts of the books: its u on the same day, its month closed, a
 * bill that comes afterwards, and the month against the firm's books.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DatedRecord } from '#domain/accounting/records.ts'
import { toFen } from '#domain/accounting/rounding.ts'
import { figureOf, type Figure } from '#domain/accounting/valuation.ts'
import { decodeAccount } from '#domain/kpi/accountText.ts'
import { DAY, HOUR, MINUTE, SECOND, type Instant } from '#domain/time.ts'
import type { MonthCloseRow } from '#store/ledger/changes.ts'
import { ledgerFile } from '#store/ledger/file.ts'
import type { LedgerRow } from '#store/ledger/ledger.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import { Accounts } from '../../api/figures/accounts.ts'
import { costView } from '../../api/figures/cost.ts'
import { daysOf, type Days } from '../../api/figures/days.ts'
import { accountOfMonth, monthsOf, monthView, reconciliationView } from '../../api/figures/months.ts'
import { bookshelf } from '../../api/figures/almanac.ts'
import { Ledgers } from '../../api/ledgers.ts'
import { dayBooksOf } from '../../ingest/accounts/dayBooks.ts'
import { at, BEGIN, begun, invoice, teller, ticks } from './minimumPlant.ts'
import {
  caughtUp,
  deed,
  FIRM,
  listReader,
  newFolder,
  silent,
  startIngest,
  until,
  type Sent,
} from '../pipelineCase.ts'

const MONTH = '2026-03'
/** When everything of March is told: 3 April, 10:00. */
const TOLD: Instant = Date.UTC(2026, 3, 3, 2)

const dayTold = teller()

const share = ({ by, cost }: Pick<Figure, 'by' | 'cost'>) => ({
  measured: by.measured > 0n,
  standard: by.standard > 0n,
  whole: by.measured + by.standard + by.estimated === cost,
})

const answers = (events: readonly LedgerRow[]) =>
  events.filter(({ kind }) => kind.startsWith('control.')).map(({ kind, body }) => [kind, body])
const frozenIn = (closes: readonly MonthCloseRow[]) =>
  closes.map(({ snapshot, days }) => [snapshot, days.map(({ day, hash }) => [day, hash])])

test('soon after noon of its first day u is known, and how much of it is measured and standard stands beside it', async () => {
  const told = at(2, 12.5) + 2 * MINUTE
  const reader = listReader([...begun(at(2, 7)), ...dayTold(2, told, at(2, 12.5))])
  const running = await startIngest(newFolder(), { reader })
  await caughtUp(running)
  const now = await dayBooksOf(running.intake.firms.get(FIRM)!).now('2026-03-02', 0)
  const figure = figureOf(decodeAccount(now.text, now.version))
  await running.stop()
  expect(figure.holes).toEqual([])
  // 240 elbows of 24 yuan; brass for them and 4.5 hours of 8 kWh at 0.68 yuan
  expect(toFen(figure.value)).toBe(576_000)
  const of = (id: string) => toFen(figure.elements.find(({ element }) => element === id)!.nano!)
  expect([of('material'), of('electricity')]).toEqual([240 * 0.255 * 4200, 36 * 68])
  expect(of('labour')).toBe(4 * 12 * 3200)
  expect(figure.uWip.status).toBe('OK')
  expect(share(figure)).toEqual({ measured: true, standard: true, whole: true })
  expect(figure.flags).toEqual(['PROVISIONAL_PRICE'])
})

describe('its month', () => {
  const reader = listReader([])
  /** What was journalled, in its commits. */
  const journal: (readonly Sent[])[] = []
  const more = (list: readonly Sent[]) => {
    journal.push(list)
    reader.more(list)
  }
  const dir = newFolder()
  let running: Awaited<ReturnType<typeof startIngest>>
  const open = () => openLedgerReader(ledgerFile(dir, FIRM))
  const ledgers = new Ledgers({ firms: () => [FIRM], open }, () => undefined)
  const accounts = new Accounts({
    ledgers,
    log: silent,
    now: () => TOLD + DAY,
    ingest: {
      account: () => Promise.reject(new Error('asked of an open day')),
      openDays: () => Promise.resolve([]),
      minutes: () => Promise.resolve([]),
    },
  })
  const ports = { ledgers, log: silent, now: () => TOLD + DAY, ingest: accounts as never }
  const last = () => {
    const ledger = ledgers.of(FIRM)!
    const head = ledger.accountHeads('2026-03-31', '2026-03-31')[0]!
    return { head, account: decodeAccount(ledger.account(head.day, head.revision)!.text, 0) }
  }
  const month = () => monthsOf(ledgers.of(FIRM)!).find((one) => one.month === MONTH)!
  const view = async () => {
    const ledger = ledgers.of(FIRM)!
    return monthView(month(), await accountOfMonth(accounts, FIRM, ledger, month()), TOLD + DAY)
  }
  /** Closes a month and tells how that ended. */
  async function close(when: Instant, of = MONTH): Promise<Record<string, unknown>> {
    const sent = deed(when, 'close.month', { month: of, note: 'books of March' })
    more([sent])
    await caughtUp(running)
    const { id } = sent.payload as { id: string }
    await until(() => ledgers.of(FIRM)?.answerTo(id) != null, 'the answer')
    return JSON.parse(ledgers.of(FIRM)!.answerTo(id)!.body) as Record<string, unknown>
  }
  async function put(when: Instant, list: readonly DatedRecord[], done: () => boolean): Promise<void> {
    more([deed(when, 'record.put', { records: list })])
    await caughtUp(running)
    await until(done, 'the days to be valued anew')
  }

  beforeAll(async () => {
    running = await startIngest(dir, { reader })
    const days = Array.from({ length: 32 }, (_, i) => dayTold(i + 1, TOLD + i * SECOND)).flat()
    more([...begun(TOLD - MINUTE), ...days])
    await caughtUp(running)
  }, 60_000)
  afterAll(async () => {
    await running.stop()
    ledgers.close()
  })

  test('closes when its days are settled and valued, once; what is refused says why and which days', async () => {
    expect(await close(TOLD + MINUTE, '2026-04')).toMatchObject({ reason: 'month_not_over' })
    const early = await close(TOLD + MINUTE)
    expect(early).toMatchObject({ reason: 'days_not_settled' })
    expect(String(early['detail']).split(' ')).toContain('2026-03-31')
    more(ticks(TOLD + 2 * MINUTE, 40 * MINUTE))
    await caughtUp(running)
    const closed = await close(TOLD + HOUR)
    expect(closed).toMatchObject({ result: { month: MONTH, days: 31, missing: [] } })
    expect((closed['result'] as { snapshot: string }).snapshot).toMatch(/^2026-03-[0-9a-f]{12}$/)
    expect(await close(TOLD + 2 * HOUR)).toMatchObject({ reason: 'already_closed' })
    expect(await view()).toMatchObject({
      state: 'closed',
      days: 31,
      closed: { revised: [], note: 'books of March' },
    })
  }, 60_000)

  test('a bill after the close makes the month final by one entry on its last day; the snapshot stays what it was', async () => {
    const before = await view()
    const accrued = figureOf(await accountOf()).elements.find(({ element }) => element === 'demand')!.nano!
    await put(TOLD + 3 * HOUR, [invoice('demand', 3_120_000_000)], () => last().head.revision === 1)
    const { head, account } = last()
    const cell = account.cells.find(({ stream }) => stream === 'true_up')!
    expect(head.reason).toBe('records')
    expect(cell).toMatchObject({ element: 'demand', machine: null, shift: null, provenance: 'measured' })
    expect(accrued + cell.nano).toBe(3_120_000_000_000n)
    expect(account.quarters.reduce((sum, { cost }) => sum + cost, 0n)).toBe(figureOf(account).cost)
    await until(
      () =>
        ledgers
          .of(FIRM)!
          .accountHeads('2026-03-01', '2026-03-31')
          .every((one) => one.revision === 1),
      'all',
    )
    expect(figureOf(await accountOf()).flags).not.toContain('PROVISIONAL_PRICE')
    // what the month was closed with is told from the frozen accounts still, flags and all
    const after = await view()
    expect(after).toMatchObject({ cost: before.cost, wip: before.wip, flags: before.flags })
    expect(after.closed!.revised).toHaveLength(31)
    const asked = async (query: { from?: string; to?: string; snapshot?: string }) =>
      costView((await daysOf(ports, accounts, FIRM, query)) as Days, { axis: 'line', shared: 'no' })
    const frozen = await asked({ snapshot: after.closed!.snapshot })
    const now = await asked({ from: '2026-03-01', to: '2026-03-31' })
    expect([frozen.figure.cost, frozen.basis.snapshot]).toEqual([before.cost, after.closed!.snapshot])
    expect(now.figure.cost - frozen.figure.cost).toBe(toFen(cell.nano))
    expect(await daysOf(ports, accounts, FIRM, { snapshot: '2026-03-000000000000' })).toMatchObject({
      refused: 404,
    })
  }, 60_000)

  test('a second bill changes the last day alone, whenever it is dated; bills are no part of what was accrued', async () => {
    await put(
      TOLD + 4 * HOUR,
      [invoice('electricity', 1_900_000_000, TOLD)],
      () => last().head.revision === 2,
    )
    const electricity = figureOf(await accountOf()).elements.find(({ element }) => element === 'electricity')!
    expect(electricity.nano).toBe(1_900_000_000_000n)
    expect(ledgers.of(FIRM)!.accountHeads('2026-03-30', '2026-03-30')[0]!.revision).toBe(1)
  }, 60_000)

  test('stands beside the books: three indices, and a difference whose steps sum to it', async () => {
    const book: DatedRecord = {
      kind: 'book',
      key: MONTH,
      from: BEGIN,
      value: {
        revenue: 370_000_000_000,
        costOfSales: 270_000_000_000,
        selling: 9_000_000_000,
        administration: 21_000_000_000,
        research: 6_000_000_000,
        finance: -500_000_000,
        elements: [
          { element: 'material', amount: 180_000_000_000 },
          { element: 'demand', amount: 3_120_000_000 },
          { element: 'outsourcing', amount: 2_000_000_000 },
        ],
      },
      source: 'books',
      illustrative: true,
    }
    await put(
      TOLD + 5 * HOUR,
      [book],
      () => bookshelf(ledgers.of(FIRM)!)!.books.at(Infinity).find('book', MONTH) !== null,
    )
    const account = await accountOfMonth(accounts, FIRM, ledgers.of(FIRM)!, month())
    const told = reconciliationView(FIRM, month(), account, bookshelf(ledgers.of(FIRM)!)!.books, TOLD + DAY)
    expect(told.steps.reduce((sum, { cost }) => sum + cost, 0)).toBe(told.difference)
    expect(told.difference).toBe(told.cost.sales! - told.cost.ours)
    expect([told.indices.u2!.u2, told.indices.u3!.u2]).toEqual([7297, 8257])
    const causeOf = (id: string) => told.elements.find(({ element }) => element === id)!.cause
    expect(causeOf('outsourcing')).toBe('not_in_ours')
    expect(causeOf('labour')).toBe('not_in_books')
    expect(causeOf('material')).toBe('bought_for_stock')
  })

  test('a replay of the journal answers everything alike and closes the month under the same snapshot', async () => {
    const again = listReader([])
    for (const list of journal) again.more(list)
    const other = newFolder()
    const replay = await startIngest(other, { reader: again })
    await caughtUp(replay)
    await replay.stop()
    const ledger = openLedgerReader(ledgerFile(other, FIRM))
    expect(answers(ledger.events(0, 1e6))).toEqual(answers(ledgers.of(FIRM)!.events(0, 1e6)))
    expect(frozenIn(ledger.monthCloses())).toEqual(frozenIn(ledgers.of(FIRM)!.monthCloses()))
    ledger.close()
  }, 60_000)

  /** The month as it stands now. */
  function accountOf() {
    const ledger = ledgers.of(FIRM)!
    return accountOfMonth(accounts, FIRM, ledger, { ...month(), close: null })
  }
})
