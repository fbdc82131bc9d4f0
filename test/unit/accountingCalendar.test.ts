/** Shifts and production days in Asia/Shanghai: over midnight, month ends, leap days, closed days. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  calendarOf,
  edgesIn,
  momentOf,
  plannedAt,
  productionDay,
  spanOfDay,
  type Calendar,
} from '#domain/accounting/calendar.ts'
import type { Shift } from '#domain/plant/plant.ts'
import { DAY, HOUR, MINUTE } from '#domain/time.ts'

const name = { zh: '班', en: 'shift' }
const shift = (start: number, end: number, ...breaks: [number, number][]): Shift => ({
  name,
  start,
  end,
  breaks: breaks.map(([from, to]) => ({ start: from, end: to })),
})
const SHIFTS = [
  shift(480, 1020, [600, 610], [720, 780], [900, 910]),
  shift(1020, 1500, [1230, 1260], [1380, 1390]),
]
const made = (shifts: readonly Shift[], closed: readonly string[] = []): Calendar => {
  const result = calendarOf(shifts, closed)
  if ('faults' in result) throw new Error(JSON.stringify(result.faults))
  return result.calendar
}
const calendar = made(SHIFTS, ['2026-02-17'])
/** An instant by the clock of the plant. */
const at = (text: string): number => Date.parse(`${text}+08:00`)

test.each([
  ['2026-03-31T08:00:00', '2026-03-31', 0, true],
  ['2026-03-31T07:59:59.999', '2026-03-30', null, false],
  ['2026-03-31T10:05:00', '2026-03-31', 0, false],
  ['2026-03-31T10:10:00', '2026-03-31', 0, true],
  ['2026-03-31T16:59:59.999', '2026-03-31', 0, true],
  ['2026-03-31T17:00:00', '2026-03-31', 1, true],
  ['2026-03-31T23:59:00', '2026-03-31', 1, true],
  ['2026-04-01T00:30:00', '2026-03-31', 1, true],
  ['2026-04-01T01:00:00', '2026-03-31', null, false],
  ['2027-01-01T00:30:00', '2026-12-31', 1, true],
  ['2028-02-29T12:30:00', '2028-02-29', 0, false],
  ['2028-03-01T00:59:00', '2028-02-29', 1, true],
  ['2026-02-17T09:00:00', '2026-02-17', null, false],
  ['2026-02-18T00:30:00', '2026-02-17', null, false],
  // no daylight saving, also where others have it
  ['2026-03-29T08:00:00', '2026-03-29', 0, true],
  ['2026-10-25T16:59:00', '2026-10-25', 0, true],
] as const)('%s is of %s, shift %s', (text, day, index, worked) => {
  expect(momentOf(calendar, at(text))).toEqual({ day, shift: index, worked })
})

test('a production day begins with the first shift and lasts 24 hours, all year', () => {
  fc.assert(
    fc.property(fc.integer({ min: at('2026-01-01T00:00:00'), max: at('2029-01-01T00:00:00') }), (instant) => {
      const day = productionDay(calendar, instant)
      const span = spanOfDay(calendar, day)
      expect(span.to - span.from).toBe(DAY)
      expect(instant >= span.from && instant < span.to).toBe(true)
      expect(momentOf(calendar, instant).day).toBe(day)
    }),
  )
})

test('three shifts that pass midnight in the order of the file are of one production day', () => {
  const three = made([shift(480, 960), shift(960, 1440), shift(0, 480, [240, 270])])
  expect(momentOf(three, at('2026-05-02T04:10:00'))).toEqual({ day: '2026-05-01', shift: 2, worked: false })
  expect(momentOf(three, at('2026-05-02T04:30:00'))).toEqual({ day: '2026-05-01', shift: 2, worked: true })
  expect(momentOf(three, at('2026-05-02T08:00:00'))).toEqual({ day: '2026-05-02', shift: 0, worked: true })
})

test.each([
  ['half a minute', [shift(480.5, 1020)], [{ reason: 'not_whole_minutes', shift: 0 }]],
  ['a break off the minute', [shift(480, 1020, [600.25, 610])], [{ reason: 'not_whole_minutes', shift: 0 }]],
  ['an overlap', [shift(480, 1020), shift(1000, 1200)], [{ reason: 'overlap', shift: 1 }]],
  ['longer than its day', [shift(480, 1020), shift(1020, 1980)], [{ reason: 'beyond_the_day', shift: 1 }]],
  ['no length', [shift(480, 480)], [{ reason: 'beyond_the_day', shift: 0 }]],
  ['a break outside', [shift(480, 1020, [1010, 1030])], [{ reason: 'break_outside', shift: 0 }]],
] as const)('refused: %s', (_name, shifts, faults) => {
  expect(calendarOf(shifts, [])).toEqual({ faults })
})

test('refused: a closed day that is no date', () => {
  expect(calendarOf(SHIFTS, ['2026-02-30', '2026-02-17', 'tomorrow'])).toEqual({
    faults: [
      { reason: 'no_date', day: '2026-02-30' },
      { reason: 'no_date', day: 'tomorrow' },
    ],
  })
})

test('a machine is planned in its shifts without breaks, or in windows of its own on open days', () => {
  const noon = at('2026-03-31T12:30:00')
  const night = at('2026-04-01T00:30:00')
  expect(plannedAt(calendar, {}, noon)).toBe(false)
  expect(plannedAt(calendar, {}, night)).toBe(true)
  expect(plannedAt(calendar, { shifts: [0] }, night)).toBe(false)
  expect(plannedAt(calendar, { windows: [{ start: 720, end: 780 }] }, noon)).toBe(true)
  expect(plannedAt(calendar, { windows: [{ start: 480, end: 720 }] }, noon)).toBe(false)
  expect(plannedAt(calendar, { windows: [{ start: 480, end: 720 }] }, at('2026-02-17T09:00:00'))).toBe(false)
  expect(plannedAt(made([]), {}, noon)).toBe(false)
})

test('between two edges nothing changes', () => {
  const hours = { windows: [{ start: 555, end: 1031 }] }
  const [from, to] = [at('2026-02-16T03:00:00'), at('2026-02-19T05:00:00')]
  const edges = [from, ...edgesIn(calendar, hours, from, to), to]
  for (let i = 1; i < edges.length; i++) {
    const first = { ...momentOf(calendar, edges[i - 1]!), planned: plannedAt(calendar, hours, edges[i - 1]!) }
    for (let t = edges[i - 1]!; t < edges[i]!; t += 7 * MINUTE)
      expect({ ...momentOf(calendar, t), planned: plannedAt(calendar, hours, t) }).toEqual(first)
    const last = edges[i]! - 1
    expect({ ...momentOf(calendar, last), planned: plannedAt(calendar, hours, last) }).toEqual(first)
  }
  expect(edges.length).toBeGreaterThan(30)
  expect(edgesIn(calendar, {}, from, from + HOUR)).toEqual([])
})
