/** Windows in which a run is compared, and what its rows are called. */
import { describe, expect, test } from 'vitest'
import { HOUR } from '#domain/time.ts'
import { bookingOf, classOf, truthWindow, type WindowName } from '../../dashboards/web/src/show/simulation.ts'
import type { Run } from '../../dashboards/web/src/server/shapes.ts'

const at = (text: string) => Date.parse(`${text}:00+08:00`)
const shifts = [
  { name: { zh: '白班', en: 'Day' }, start: 480, end: 1020 },
  { name: { zh: '夜班', en: 'Night' }, start: 1020, end: 1500 },
]
const runOf = (over: Partial<Run>): Run => ({
  firm: 'sim-a',
  simulation: 'works',
  scenario: 'baseline',
  seed: 7,
  standing: false,
  from: at('2026-03-01T08:00'),
  to: null,
  speed: 1,
  state: 'running',
  why: null,
  at: at('2026-03-10T14:30'),
  history: null,
  machines: 1,
  devices: 1,
  connected: 1,
  sent: 0,
  acknowledged: 0,
  waiting: 0,
  ...over,
})
const windowOf = (name: WindowName, run: Run, now: string) => {
  const found = truthWindow(name, run, shifts, at(now))
  return found && [found.from, found.to]
}
const ends = (from: string, to: string) => [at(from), at(to)]

describe('the last shift and production day are whole', () => {
  const ended = { to: at('2026-03-09T17:00'), from: at('2026-03-09T08:00'), state: 'ended' as const }
  test.each([
    ['lastShift', {}, '2026-03-10T14:30', ends('2026-03-09T17:00', '2026-03-10T01:00')],
    ['lastShift', {}, '2026-03-10T17:01', ends('2026-03-09T17:00', '2026-03-10T01:00')],
    ['lastShift', {}, '2026-03-10T17:02', ends('2026-03-10T08:00', '2026-03-10T17:00')],
    [
      'lastShift',
      { ...ended, at: ended.to },
      '2026-03-10T14:30',
      ends('2026-03-09T08:00', '2026-03-09T17:00'),
    ],
    ['lastShift', { from: at('2026-03-09T18:00') }, '2026-03-10T14:30', null],
    ['lastDay', {}, '2026-03-10T14:30', ends('2026-03-09T08:00', '2026-03-10T08:00')],
    ['lastDay', {}, '2026-03-10T07:30', ends('2026-03-08T08:00', '2026-03-09T08:00')],
    ['lastDay', { from: at('2026-03-09T09:00') }, '2026-03-10T14:30', null],
    ['shift', {}, '2026-03-10T14:30', ends('2026-03-10T08:00', '2026-03-10T14:28')],
  ] as const)('%s of a run %o at %s', (name, over, now, expected) => {
    expect(windowOf(name, runOf(over), now)).toEqual(expected)
  })

  test('others are cut to what the plant has lived', () => {
    const now = '2026-03-10T14:30'
    expect(windowOf('day', runOf({ from: at(now) - 3 * HOUR }), now)![0]).toBe(at(now) - 3 * HOUR)
  })
})

test.each([
  ['cost.material', 'cost', 'material'],
  ['line.maintenance', 'cost', 'maintenance'],
  ['cost.total', 'cost', 'parts'],
  ['value.added', 'value', 'pieces'],
  ['u', 'u', 'parts'],
  ['oee', 'oee', 'pieces'],
  ['seconds.RUN', 'seconds', 'parts'],
  ['water', 'flow', 'parts'],
])('%s is of the class %s', (name, klass, booking) => {
  expect([classOf(name), bookingOf(name)]).toEqual([klass, booking])
})
