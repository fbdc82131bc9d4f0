/** What the drawer opens, as the address says it, and whether its steps sum to each other. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LINES, shownAt } from '#domain/accounting/elements/catalogue.ts'
import { ELEMENT_IDS } from '#domain/accounting/elements/element.ts'
import type { Trace } from '#contract/trace.ts'
import { enTrace } from '../../dashboards/web/src/words/en-trace.ts'
import { zhTrace } from '../../dashboards/web/src/words/zh-trace.ts'
import { partsOf, growthOf } from '../../dashboards/web/src/show/trace-reading.ts'
import { nanoOf, quantityWords } from '../../dashboards/web/src/show/trace-quantity.ts'
import {
  around,
  check,
  divide,
  exact,
  firstAmount,
  fold,
  formatScaled,
  formatToken,
  formatU4,
  MASKED,
  microOf,
  parseToken,
  placeOf,
  RATIOS,
  sumOf,
  TRACE_LINES,
  u2Of,
  u4Of,
  yuanExact,
  yuanOf,
} from '../../dashboards/web/src/show/trace.ts'

type Tree = { readonly [key: string]: string | Tree }
const flat = (tree: Tree, under = ''): [string, string][] =>
  Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[under + key, value] as [string, string]] : flat(value, `${under}${key}.`),
  )

const slots = (words: ReadonlyMap<string, string>) =>
  [...words].map(([key, text]) => [key, (text.match(/\{\w+\}/g) ?? []).toSorted(), text.trim() !== ''])

describe('the words', () => {
  const [zh, en] = [new Map(flat(zhTrace)), new Map(flat(enTrace))]
  test('both languages have the same keys and slots, and none is empty', () => {
    expect(slots(en)).toEqual(slots(zh))
    expect([...zh.values()].filter((text) => text.trim() === '')).toEqual([])
    expect([...en.values()].filter((text) => /[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]/.test(text))).toEqual(
      [],
    )
  })
  test('every element and ratio has its own', () => {
    const missing = [
      ...ELEMENT_IDS.map((id) => `trace.driver.${id}`),
      ...RATIOS.map((one) => `trace.ratio.${one}`),
    ]
    expect(missing.filter((key) => !zh.has(key))).toEqual([])
  })
})

const LATHE = 'main/cnc/l1/lathe-07'

describe('the token', () => {
  const all = [
    'u',
    'value',
    ...ELEMENT_IDS.map((id) => `element:${id}`),
    ...LINES.map((line) => `line:${line}`),
    `machine:${LATHE}`,
    ...['value', 'energy', ...ELEMENT_IDS, ...RATIOS].map((what) => `machine:${LATHE}:${what}`),
  ]
  test('every figure has one, and it is read back as it was written', () =>
    expect(all.map((text) => formatToken(parseToken(text)!))).toEqual(all))

  test('u of a machine may be said', () =>
    expect(formatToken(parseToken(`machine:${LATHE}:u`)!)).toBe(`machine:${LATHE}`))

  test.each([
    '',
    'x',
    'losses',
    'u:',
    'element',
    'element:',
    'element:steam',
    'line:electricity',
    'oee',
    'machine',
  ])('unknown: %s', (text) => expect(parseToken(text)).toBeNull())
  test.each(['machine:', 'machine::u', `machine:${LATHE}:power`, `machine:${LATHE}:u:x`, 'element:gas:x'])(
    'unknown: %s',
    (text) => expect(parseToken(text)).toBeNull(),
  )
  test('the lines are those of the wall, and each is opened at an element that is on it', () => {
    expect(TRACE_LINES).toEqual(LINES)
    const heads = LINES.map(
      (line) => firstAmount(parseToken(`line:${line}`)!) as (typeof ELEMENT_IDS)[number],
    )
    expect(heads.map((element) => shownAt(element, null).line)).toEqual(LINES)
  })
})

describe('the place in the address', () => {
  test('of a page without a token there is none', () => expect(placeOf({ day: '2026-11-24' })).toBeNull())

  test('all that was opened is in it', () =>
    expect(
      placeOf({
        trace: 'u',
        day: '2026-11-24',
        shift: '1',
        amount: 'gas',
        machine: LATHE,
        at: '1795534200000',
      }),
    ).toEqual({
      token: 'u',
      day: '2026-11-24',
      shift: '1',
      scope: undefined,
      amount: 'gas',
      machine: LATHE,
      at: 1795534200000,
      minute: false,
    }))

  test('what is no day, shift, amount or instant is left to the page', () =>
    expect(
      placeOf({ trace: 'u', day: 'today', shift: 'early', amount: 'steam', at: 'now', scope: 'plant' }),
    ).toEqual(placeOf({ trace: 'u' })))

  test('a machine is its own scope; a window is followed on its last day', () => {
    expect(placeOf({ trace: `machine:${LATHE}`, scope: 'order:WO-1' })?.scope).toBe(`machine:${LATHE}`)
    expect(placeOf({ trace: 'u', scope: 'order:WO-1' })?.scope).toBe('order:WO-1')
    expect(placeOf({ trace: 'u', from: '2026-11-01', to: '2026-11-23' })?.day).toBe('2026-11-23')
  })
})

describe('sums', () => {
  const nano = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n })
  test('parts sum exactly to their total, and a nano-yuan is told', () =>
    fc.assert(
      fc.property(fc.array(nano, { maxLength: 40 }), nano, (amounts, off) => {
        const parts = amounts.map((one) => ({ nano: String(one) }))
        const total = amounts.reduce((sum, one) => sum + one, 0n)
        expect(check(parts, total - off)).toEqual({ ok: off === 0n, difference: off })
      }),
    ))

  test('what may not be seen makes the sum unseen, and is never called equal', () => {
    const parts = [{ nano: '5' }, { nano: null }]
    expect(sumOf(parts)).toBeNull()
    expect(check(parts, 5n)).toBeNull()
    expect([yuanOf(null), yuanExact(null), microOf(null)]).toEqual([MASKED, MASKED, MASKED])
  })

  test('folded parts are all there: shown and rest', () =>
    fc.assert(
      fc.property(
        fc.array(nano, { maxLength: 60 }),
        fc.nat(60),
        fc.integer({ min: 2, max: 8 }),
        (all, at, most) => {
          const parts = all.map((one, i) => ({ nano: String(one), i }))
          const { shown, rest } = fold(parts, ({ i }) => i === at, most)
          expect([...shown, ...rest].toSorted((a, b) => a.i - b.i)).toEqual(parts)
          expect(at >= parts.length || shown.some(({ i }) => i === at)).toBe(true)
          expect(shown.length).toBeLessThanOrEqual(most + 1)
        },
      ),
    ))

  test('rows around the chosen one hold it', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 96 }), fc.nat(95), (length, at) => {
        fc.pre(at < length)
        const shown = around(
          Array.from({ length }, (_, i) => i),
          at,
          5,
        )
        expect(shown).toContain(at)
        expect(shown.length).toBe(Math.min(5, length))
      }),
    ))
})

describe('exact money', () => {
  test.each([
    [3_225_310_000_000n, '3,225.31', '3,225.310000', '3,225,310,000'],
    [5_041_023_000n, '5.04', '5.041023', '5,041,023'],
    [-9_263_346_999n, '\u22129.26', '\u22129.263346999', '\u22129,263,346.999'],
    [5_000_000n, '0.00', '0.005000', '5,000'],
    [15_000_000n, '0.02', '0.015000', '15,000'],
    [0n, '0.00', '0.000000', '0'],
  ])('%s nano-yuan', (nano, yuan, whole, micro) =>
    expect([yuanOf(nano), yuanExact(nano), microOf(nano)]).toEqual([yuan, whole, micro]),
  )

  test('rounding is half-even and never a unit off', () =>
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
        fc.bigInt({ min: 1n, max: 10n ** 12n }),
        (a, b) => {
          const rest = a - divide(a, b) * b
          expect(rest * 2n <= b && rest * 2n >= -b).toBe(true)
          const tie = rest * 2n === b || rest * 2n === -b
          expect(tie && divide(a, b) % 2n !== 0n).toBe(false)
        },
      ),
    ))

  test('u of what is opened is that of the page from which it was opened, whatever its own yuan would round to', () => {
    const trace = {
      formula: { u: 913_750 },
      elements: [{ amount: 'material', u2: 4951 }],
      lines: [{ line: 'power', u2: null }],
    } as unknown as Trace
    expect(u2Of(trace, { of: 'u' })).toBe(9138)
    expect(u2Of(trace, { of: 'element', element: 'material' })).toBe(4951)
    expect([u2Of(trace, { of: 'line', line: 'power' }), u2Of(trace, { of: 'line', line: 'labour' })]).toEqual(
      [null, null],
    )
  })

  test('u has four digits; without output there is none', () => {
    expect(formatU4(u4Of(3_225_310_000_000n, 69_812_000_000_000n))).toBe('4.6200')
    expect(formatU4(u4Of(1n, 0n))).toBe('—')
    expect(exact(undefined)).toBeNull()
    expect(formatScaled(-1n, 2)).toBe('\u22120.01')
  })

  test.each([
    [{ of: 'kwh', amount: 1_402_600, unit: 'Wh' }, '1,402.6'],
    [{ of: 'good', amount: 487_000, unit: 'milli' }, '487'],
    [{ of: 'good', amount: 500, unit: 'milli' }, '0.5'],
    [{ of: 'run', amount: 5_400_000, unit: 'ms' }, '1.50'],
    [null, '—'],
  ])('%o', (quantity, words) => expect(quantityWords(quantity)).toBe(words))

  test('Wh at micro-yuan a kWh are nano-yuan', () =>
    expect(nanoOf({ of: 'kwh', amount: 7410, unit: 'Wh' }, 680_300)).toBe('5041023000'))
})

const item = (offset: number, boot: string, ts: number) => ({
  offset,
  receivedAt: ts,
  class: 'count',
  boot,
  seq: offset,
  ts,
})

const pane = (kwh: number, last: number) => ({
  start: 0,
  end: 900,
  registers: { kwh },
  states: {},
  good: {},
  sources: [
    {
      class: 'count',
      boot: 'b2',
      items: 2,
      messages: 2,
      first: item(2, 'b2', 500),
      last: item(3, 'b2', last),
    },
    {
      class: 'count',
      boot: 'a1',
      items: 2,
      messages: 2,
      first: item(0, 'a1', 0),
      last: item(1, 'a1', 400),
    },
  ],
})

describe('a raw message', () => {
  const batch = JSON.stringify({
    boot: 'h1',
    items: Array.from({ length: 40 }, (_, i) => ({ ts: i, seq: 10 + i, v: { kwh: 100 + i } })),
  })
  test('of a batch shows the one item, with the number marked', () => {
    const parts = partsOf(batch, 15, 'kwh')
    expect(parts.filter(({ marked }) => marked).map(({ text }) => text)).toEqual(['105'])
    expect(parts.map(({ text }) => text).join('')).toContain('"seq":15')
    expect(parts.map(({ text }) => text).join('')).not.toContain('"seq":16')
  })
  test('that is one item is shown whole', () =>
    expect(
      partsOf('{"seq":1,"v":{"kwh":1.5}}', 1, 'kwh')
        .map(({ text }) => text)
        .join(''),
    ).toBe('{"seq":1,"v":{"kwh":1.5}}'))

  const raw = [183_395.2, 183_397, 183_397.01, 183_402.61].map((kwh, offset) => ({
    offset,
    topic: 't',
    receivedAt: 0,
    payload: JSON.stringify({ seq: offset, v: { kwh } }),
    chain: null,
  }))
  test.each([
    ['both ends, over a restart', pane(741, 900), 900, { atEnds: true, equal: true }],
    ['a pane that holds another number', pane(740, 900), 900, { atEnds: true, equal: false }],
    ['a reading behind the end', pane(700, 1200), 900, { atEnds: false, equal: false }],
    ['a pane that is still open', pane(741, 700), 750, { atEnds: true, equal: true }],
  ])('readings of %s', (_name, one, asOf, told) =>
    expect(growthOf(one, raw, 'kwh', 100, asOf)).toEqual({
      first: '183395.2',
      last: '183402.61',
      steps: 741,
      ...told,
    }),
  )
})
