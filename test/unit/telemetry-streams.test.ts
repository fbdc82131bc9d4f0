/** Seen seqs as ranges, and registers as growth: both are properties of the set of items, not of the order in which they came. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addSample, addSwap, newRegister, WINDOW, type Sample } from '#domain/telemetry/counter.ts'
import { addLoose, type LooseBlock } from '#domain/telemetry/hashBlock.ts'
import { flagNames } from '#domain/telemetry/item.ts'
import {
  addSeq,
  AGAIN,
  AHEAD,
  BEHIND,
  MAX_JUMP,
  MAX_RANGES,
  NEXT,
  newSeen,
  openHoles,
  seenFromText,
  seenToText,
} from '#domain/telemetry/seen.ts'

test('ranges hold exactly the seqs that came, whatever their order, and count what is missing', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(60), { minLength: 1, maxLength: 80 }), (seqs) => {
      const seen = newSeen()
      const known = new Set<number>()
      for (const seq of seqs) {
        expect(addSeq(seen, seq) === AGAIN).toBe(known.has(seq))
        known.add(seq)
      }
      const listed: number[] = []
      for (let i = 0; i < seen.ranges.length; i += 2)
        for (let seq = seen.ranges[i]!; seq <= seen.ranges[i + 1]!; seq++) listed.push(seq)
      expect(listed).toEqual([...known].toSorted((a, b) => a - b))
      const span = Math.max(...known) - Math.min(...known) + 1
      expect(seen.missing).toBe(span - known.size)
      expect(seenFromText(seenToText(seen))).toEqual(seen)
    }),
  )
})

test('a million seqs without loss are one range; skipping on purpose stays bounded and counted', () => {
  const whole = newSeen()
  for (let seq = 0; seq < 100_000; seq++) addSeq(whole, seq)
  expect(whole.ranges).toEqual([0, 99_999])
  const holes = newSeen()
  for (let seq = 0; seq < 4 * MAX_RANGES; seq += 2) addSeq(holes, seq)
  expect(openHoles(holes)).toBe(MAX_RANGES - 1)
  expect(holes.missing).toBe(2 * MAX_RANGES - 1)
  expect(addSeq(holes, 1)).toBe(AGAIN)
})

test('a jump of more than 10,000,000 within a boot is a new start with one gap, also near 2^53', () => {
  const seen = newSeen()
  addSeq(seen, 1)
  const far = Number.MAX_SAFE_INTEGER - 10
  expect(addSeq(seen, far)).toBe(AHEAD)
  expect([openHoles(seen), seen.missing]).toEqual([1, 1])
  expect(addSeq(seen, far + 1)).toBe(NEXT)
  expect(addSeq(seen, 2)).toBe(BEHIND)
  expect(addSeq(seen, 5)).toBe(BEHIND)
  expect([openHoles(seen), seen.missing]).toEqual([2, 3])
  expect(seenFromText(seenToText(seen))).toEqual(seen)
  const wide = newSeen()
  addSeq(wide, 0)
  addSeq(wide, MAX_JUMP + 1)
  expect(wide.missing).toBe(MAX_JUMP)
})

test('items without seq: the same ts and content once, another content of that ts is another item', () => {
  const block: LooseBlock = { keys: new Set(), day: 0, dirty: false }
  expect([
    addLoose(block, 1000, 7, 1),
    addLoose(block, 1000, 7, 1),
    addLoose(block, 1000, 8, 1),
    addLoose(block, 1001, 7, 1),
  ]).toEqual([true, false, true, true])
})

// ---- registers

const ROLL = 1000

/** A true register: grows, rolls over at 1000, is set back to 0 now and then by a restart. Total is what truly flowed. */
const history = fc
  .array(fc.record({ grow: fc.nat(300), reset: fc.boolean() }), { minLength: 1, maxLength: WINDOW - 1 })
  .map((steps) => {
    const samples: Sample[] = [{ boot: 'a', seq: 0, ts: 0, steps: 100 }]
    let value = 100
    let total = 0
    for (const [i, { grow, reset }] of steps.entries()) {
      // A reset can be told from a rollover only when the register stood below half its range.
      if (reset && value < ROLL / 2 && grow < value) {
        value = grow
        total += grow
      } else {
        value = (value + grow) % ROLL
        total += grow
      }
      samples.push({ boot: 'a', seq: i + 1, ts: (i + 1) * 10, steps: value })
    }
    return { samples, total }
  })

test('deltas sum to the true total under any duplication and reordering', () => {
  const shuffled = history.chain(({ samples, total }) =>
    fc.tuple(
      fc.constant({ samples, total }),
      fc.shuffledSubarray(samples, { minLength: samples.length }),
      fc.array(fc.constantFrom(...samples), { maxLength: 10 }),
    ),
  )
  fc.assert(
    fc.property(shuffled, ([{ total }, order, again]) => {
      const register = newRegister()
      let sum = 0
      for (const sample of [...order, ...again]) sum += addSample(register, sample, ROLL).delta
      expect(sum).toBe(total)
      expect(register.total).toBe(total)
    }),
  )
})

test('a long history keeps its total with a bounded window, also when the first sample comes last', () => {
  const register = newRegister()
  for (let seq = 1; seq < 1000; seq++) addSample(register, { boot: 'a', seq, ts: seq, steps: seq * 3 }, null)
  expect(register.samples).toHaveLength(WINDOW)
  expect(addSample(register, { boot: 'a', seq: 0, ts: 0, steps: 0 }, null).delta).toBe(3)
  expect(addSample(register, { boot: 'a', seq: 500, ts: 500, steps: 1500 }, null).delta).toBe(0)
  expect(register.total).toBe(2997)
})

const grow = (steps: number[]) => {
  const register = newRegister()
  const changes = steps.map((value, seq) =>
    addSample(register, { boot: 'a', seq, ts: seq * 10, steps: value }, ROLL),
  )
  return changes.map(({ delta, flags }) => [delta, ...flagNames(flags)])
}

test('rollover, reset and swap each grow by their own rule and say so', () => {
  expect(grow([990, 20])).toEqual([[0], [30, 'rollover']])
  expect(grow([400, 20])).toEqual([[0], [20, 'reset']])
  const register = newRegister()
  addSample(register, { boot: 'a', seq: 0, ts: 0, steps: 400 }, null)
  addSample(register, { boot: 'a', seq: 1, ts: 100, steps: 7 }, null)
  expect(register.total).toBe(7)
  expect(addSwap(register, { ts: 50, oldLast: 410, newFirst: 5 }, null)).toEqual({ delta: 5, flags: 64 })
  expect(register.total).toBe(12)
  expect(addSwap(register, { ts: 50, oldLast: 410, newFirst: 5 }, null).delta).toBe(0)
})

test('boots follow each other by time, and a corrected sample replaces what stood', () => {
  const register = newRegister()
  addSample(register, { boot: 'b', seq: 1, ts: 100, steps: 30 }, null)
  addSample(register, { boot: 'a', seq: 900, ts: 50, steps: 10 }, null)
  expect(register.total).toBe(20)
  expect(addSample(register, { boot: 'b', seq: 1, ts: 100, steps: 35 }, null).delta).toBe(0)
  expect(addSample(register, { boot: 'b', seq: 1, ts: 100, steps: 35 }, null, true).delta).toBe(5)
})

const steadily = (boot: string, from: number, count: number): Sample[] =>
  Array.from({ length: count }, (_, i) => ({ boot, seq: i, ts: (from + i) * 10, steps: from + i }))

test('a register’s past comes in behind its present in any order: the total is what flowed since the oldest sample', () => {
  const past = steadily('history', 0, 2 * WINDOW)
  const cases = fc.tuple(
    fc.shuffledSubarray(past, { minLength: 1 }),
    fc.constantFrom(1, 5, WINDOW, 3 * WINDOW),
  )
  fc.assert(
    fc.property(cases, ([sent, heard]) => {
      const register = newRegister()
      const present = steadily('live', 1000, heard)
      for (const sample of [...present, ...sent]) addSample(register, sample, null)
      const oldest = Math.min(...sent.map(({ steps }) => steps))
      expect(register.total).toBe(present.at(-1)!.steps - oldest)
      expect(register.first!.steps).toBe(oldest)
      const text = JSON.stringify(register)
      for (const sample of [...sent, ...present.slice(-WINDOW)]) addSample(register, sample, null)
      expect(JSON.stringify(register)).toBe(text)
    }),
  )
})
