/** What a run of the command line says of itself: a live table on a terminal, plain lines elsewhere, and how it ended. */
import type { Counts } from '#contract/live.ts'
import type { SimulationRun } from '#contract/local.ts'
import { sizeOf } from '#store/truth/ranges.ts'
import { SECOND, SHANGHAI_OFFSET, type Instant } from '#domain/time.ts'
import type { Run } from '../run.ts'

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
const shown = (at: Instant): string =>
  new Date(at + SHANGHAI_OFFSET).toISOString().slice(0, 19).replace('T', ' ')
const thousands = (n: number): string => n.toLocaleString('en-US')

/** What a run is doing, as a table of words and figures. `perSecond`: messages acknowledged lately. */
export function statusTable(
  { firm, state, why, at, connected, devices, sent, acknowledged, waiting, from, to }: SimulationRun,
  perSecond: number,
  faults: readonly string[],
): (readonly [word: string, figures: string])[] {
  const share = to === null ? '' : `, ${Math.floor(((at - from) / (to - from)) * 100)} %`
  return [
    ['run', `${firm} (simulated), ${state}${share}${why === null ? '' : `: ${why}`}`],
    ['plant', shown(at)],
    ['devices', `${connected} of ${devices} connected`],
    [
      'messages',
      `${thousands(sent)} sent, ${thousands(acknowledged)} acknowledged, ${thousands(perSecond)}/s`,
    ],
    ['waiting', `${thousands(waiting)} items`],
    ['faults', faults.length === 0 ? 'none' : [...new Set(faults)].join(', ')],
  ]
}

const lineOf = (table: ReturnType<typeof statusTable>): string =>
  table.map(([word, figures]) => `${word} ${figures}`).join('  ')

/** A table that is drawn anew each second on a terminal, a plain line each ten elsewhere, until `end`. */
export function printStatus(run: Run): { end(): void } {
  const live = process.stdout.isTTY
  const firm = run.firms[0]!
  let before = { acknowledged: 0, at: performance.now() }
  let drawn = 0
  const rows = () => {
    const status = run.status(firm)
    const now = performance.now()
    const perSecond = Math.round(
      ((status.acknowledged - before.acknowledged) * SECOND) / Math.max(1, now - before.at),
    )
    before = { acknowledged: status.acknowledged, at: now }
    return statusTable(
      status,
      perSecond,
      run.faults.list.map(({ name }) => name),
    )
  }
  const clear = () => {
    if (drawn > 0) process.stdout.write(`\u001B[${drawn}A\u001B[J`)
    drawn = 0
  }
  const draw = () => {
    const table = rows()
    clear()
    for (const [word, figures] of table)
      say(`${word.padEnd(9)} ${figures}`.slice(0, process.stdout.columns - 1))
    drawn = table.length
  }
  const print = live ? draw : () => say(lineOf(rows()))
  const timer = setInterval(print, live ? SECOND : 10 * SECOND)
  return {
    end() {
      clearInterval(timer)
      clear()
      say(lineOf(rows()))
    },
  }
}

/** What the devices did, and whether the product has it. 0: all that was acknowledged arrived, and only faults were put aside. */
export function verdictOf(run: Run, counts: Counts | null): number {
  const firm = run.firms[0]!
  const truth = run.truths.of(firm)
  const streams = truth.streams()
  const items = (of: 'made' | 'sent' | 'acknowledged' | 'lost') =>
    streams.reduce((n, stream) => n + sizeOf(stream[of]), 0)
  const { refused } = run.counts(firm)
  const acknowledged = items('acknowledged')
  const untold = items('made') - items('lost') - acknowledged
  say(
    `items   ${thousands(items('made'))} made, ${thousands(acknowledged)} acknowledged, ${thousands(items('lost'))} lost by faults, ${thousands(untold)} not told`,
  )
  for (const { what, counter, n } of byFault(truth.named()))
    say(`fault   ${what}: ${thousands(n)} ${counter}`)
  if (refused > 0) say(`refused ${refused} connections: see the credentials`)
  if (!counts) return untold === 0 && refused === 0 ? 0 : 1
  const { decoded, stored, duplicate, quarantined } = counts.items
  say(
    `product ${thousands(decoded)} items: ${thousands(stored)} stored, ${thousands(duplicate)} duplicates, ${thousands(quarantined)} put aside`,
  )
  const expected = truth
    .named()
    .filter(({ counter }) => counter.startsWith('quarantine:'))
    .reduce((n, { items: own }) => n + own, 0)
  // what came twice says nothing of what did not come
  const missing = Math.max(0, acknowledged - (decoded - duplicate))
  const put = Math.max(0, quarantined - expected)
  if (missing > 0) say(`MISSING ${thousands(missing)} acknowledged items`)
  if (put > 0)
    say(`REFUSED ${thousands(put)} items that no fault explains: ${JSON.stringify(counts.quarantine)}`)
  return missing + put + untold + refused === 0 ? 0 : 1
}

function byFault(
  named: readonly { readonly what: string; readonly counter: string; readonly items: number }[],
): { what: string; counter: string; n: number }[] {
  const sums = new Map<string, { what: string; counter: string; n: number }>()
  for (const { what, counter, items } of named) {
    if (counter === '') continue
    const key = `${what} ${counter}`
    const sum = sums.get(key) ?? { what, counter, n: 0 }
    sum.n += items
    sums.set(key, sum)
  }
  return [...sums.values()]
}
