/**
 * How long figures of a month and of a year take from settled accounts, and whether the api stands still meanwhile: ten years' questions
 * at once, and among them the reads that live pages make.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { accountOf } from '#domain/kpi/account.ts'
import { encodeAccount } from '#domain/kpi/accountText.ts'
import { plannerOf } from '#domain/accounting/valuationPlan.ts'
import { DAY } from '#domain/time.ts'
import { plant, tell } from '../test/unit/costFixture.ts'
import { accountRow, Fixture, plantOf } from '../test/integration/apiFixture.ts'
import { row, whole } from './plant.ts'

const YEAR = 365
const STORM = 10
const FIRM = '/api/v1/firms/demo-a'

/** A year of a simulated day of the demo plant: its orders are others every five days. */
function yearOf(last: string) {
  const told = tell({
    scenario: { name: 'baseline', from: null },
    first: '2026-03-10',
    days: 1,
    stream: 'minute',
    retrofit: null,
  })
  const { calendar, books, machines } = told.inputOf(told.span)
  const planner = plannerOf(calendar, books, machines)
  const text = encodeAccount(accountOf({ ...told.inputOf(told.span), plant: plant.machines, planner }))
  return Array.from({ length: YEAR }, (_, i) => ({
    ...accountRow(plantOf('demo-a')),
    day: new Date(Date.parse(last) - i * DAY).toISOString().slice(0, 10),
    hash: `h${i}`,
    text: text.replaceAll(/"(WO[^"]*)"/g, `"$1-${Math.floor(i / 5)}"`),
  })).toReversed()
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

export async function measureFigures(): Promise<void> {
  const api = new Fixture()
  await api.start()
  try {
    const ledger = api.ledgersByFirm.get('demo-a')!
    const last = ledger.days[0]!.day
    ledger.days = yearOf(last)
    const text = ledger.days[0]!.text.length
    const cookies = ['manager', 'engineer', 'administrator'].map((role) => api.person(role as 'manager'))
    const back = (days: number) => new Date(Date.parse(last) - days * DAY).toISOString().slice(0, 10)
    const ask = async (path: string, cookie = cookies[0]!) => {
      const begun = performance.now()
      const { status } = await api.call('GET', `${FIRM}/${path}`, { cookie })
      return { ms: performance.now() - begun, status }
    }
    const timed = async (name: string, path: string) => {
      const { ms, status } = await ask(path)
      row(name, status, whole(ms))
    }
    /** Many ask the same at once, and pages read on. */
    const storm = async (name: string, path: string) => {
      const delay = monitorEventLoopDelay({ resolution: 5 })
      delay.enable()
      const over = Promise.all(
        Array.from({ length: STORM }, (_, i) => ask(path, cookies[i % cookies.length])),
      )
      const end = { isHere: false }
      void over.then(() => (end.isHere = true))
      const live: number[] = []
      while (!end.isHere) {
        live.push((await ask('machines')).ms, (await ask('day')).ms)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      const answers = await over
      delay.disable()
      const sorted = live.toSorted((a, b) => a - b)
      const busy = answers.filter(({ status }) => status === 429).length
      row(`${name}: the slowest`, `${busy} x 429`, whole(Math.max(...answers.map(({ ms }) => ms))))
      row(`live reads meanwhile, p50 of ${live.length}`, '', whole(quantile(sorted, 0.5)))
      row('live reads meanwhile, p99', '', whole(quantile(sorted, 0.99)))
      row('loop delay meanwhile, p99', '', whole(delay.percentile(99) / 1e6))
      row('loop delay meanwhile, longest', '', whole(delay.max / 1e6))
    }
    row('question', 'status', 'ms')
    row('---', '---', '--:')
    await timed(
      `cost of a month, first time (accounts of ${whole(text / 1000)} kB a day)`,
      `cost?from=${back(29)}&to=${last}`,
    )
    await timed('cost of a month, again', `cost?from=${back(29)}&to=${last}`)
    await timed('cost of a year', `cost?from=${back(364)}&to=${last}`)

    const year = `from=${back(364)}&to=${last}`
    await storm(`${STORM} times the cost of a year at once`, `cost?${year}`)
    await storm(`${STORM} times the cost of a year by order at once`, `cost?${year}&axis=order&shared=yes`)
    const span = `from=${Date.parse(back(364))}&to=${Date.parse(last)}`
    await storm(
      `${STORM} exports of a year by day and machine at once`,
      `figures?${span}&by=day&scope=machines&name=u,cost.total,value`,
    )
  } finally {
    await api.stop()
  }
}
