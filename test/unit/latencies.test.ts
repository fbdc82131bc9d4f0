import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Latencies } from '../../simulators/load/latencies.ts'

test('a percentile lies within 1 % above the exact one', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.02, max: 60_000, noNaN: true }), { minLength: 1 }), (values) => {
      const latencies = new Latencies()
      for (const value of values) latencies.add(value)
      const exact = values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.9) - 1]!
      expect(latencies.percentile(0.9)).toBeGreaterThanOrEqual(exact - 0.01)
      expect(latencies.percentile(0.9)).toBeLessThanOrEqual(exact * 1.0101 + 0.01)
    }),
  )
})

test('nothing measured is no number', () => {
  expect(new Latencies().percentile(0.5)).toBeNaN()
})
