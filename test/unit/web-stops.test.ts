/** What an operator says of a stop: all of it, a part, or together with its neighbour. */
import { expect, test } from 'vitest'
import type { Stop } from '../../dashboards/web/src/server/shapes.ts'
import { isUnexplained, mergedOf, neighboursOf, partOf } from '../../dashboards/web/src/show/stops.ts'

const stop = (from: number, to: number, over: Partial<Stop> = {}): Stop => ({
  machine: 'a/b/c/d',
  from,
  to,
  state: 'STOP',
  reason: null,
  open: false,
  ...over,
})

test('parts of a stop fill it; one that goes on has no end', () => {
  const own = stop(10, 30)
  expect([partOf(own, 'whole', 20), partOf(own, 'before', 20), partOf(own, 'after', 20)]).toEqual([
    { from: 10, to: 30 },
    { from: 10, to: 20 },
    { from: 20, to: 30 },
  ])
  const open = stop(10, 30, { open: true })
  expect([partOf(open, 'whole', 20), partOf(open, 'before', 20), partOf(open, 'after', 20)]).toEqual([
    { from: 10, to: null },
    { from: 10, to: 20 },
    { from: 20, to: null },
  ])
})

test('neighbours are those of the same machine, whatever the order of the list', () => {
  const [a, b, c] = [stop(10, 20), stop(30, 40), stop(50, 60)]
  const list = [c, stop(25, 26, { machine: 'x/y/z/o' }), a, b]
  expect(neighboursOf(list, b)).toEqual({ before: a, after: c })
  expect(neighboursOf(list, a)).toEqual({ before: null, after: b })
})

test.each([
  ['apart', stop(10, 20), stop(30, 40), { from: 10, to: 40 }],
  ['touching, of one state', stop(10, 20), stop(20, 40), { from: 10, to: 40 }],
  [
    'touching, of two states',
    stop(10, 20, { state: 'FAULT' }),
    stop(20, 40),
    { from: 10, to: 40, state: 'STOP' },
  ],
  ['the later one goes on', stop(10, 20), stop(20, 40, { open: true }), { from: 10, to: null }],
  ['apart, the later one goes on', stop(10, 20), stop(30, 40, { open: true }), null],
  ['another state that goes on', stop(10, 20, { state: 'IDLE' }), stop(20, 40, { open: true }), null],
])('merged: %s', (_, first, second, expected) => {
  expect(mergedOf(first, second, second)).toEqual(expected)
})

test('what goes on, and what has no reason, waits for somebody', () => {
  expect(
    [stop(1, 2), stop(1, 2, { reason: 'material' }), stop(1, 2, { reason: 'material', open: true })].map(
      isUnexplained,
    ),
  ).toEqual([true, false, true])
})
