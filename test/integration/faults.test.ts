/** Each fault at the real broker and pipeline: the product's own counters say what the notes of the fault say, and nothing else. */
import { expect, test } from 'vitest'
import type { FaultRequest } from '#contract/local.ts'
import { sizeOf } from '#store/truth/ranges.ts'
import { countersOf, runFaults } from './faultRun.ts'

const window = { from: 3, to: 12 }
const kwh = { measure: 'kwh' }

/** A fault, and what must be found of it at least. */
const CASES: readonly (readonly [FaultRequest, readonly string[]])[] = [
  [{ fault: 'dropout', probability: 0.05 }, ['gap']],
  [{ fault: 'loss', probability: 0.1 }, ['gap']],
  [{ fault: 'duplicate', probability: 0.2, params: { copies: 2, delay_s: 20 } }, ['duplicate']],
  [{ fault: 'reorder', probability: 0.3, params: { max_s: 60 } }, ['out_of_order']],
  [{ fault: 'clock_skew', params: { skew_s: -30 } }, ['skew']],
  [
    { fault: 'clock_jump', params: { step_s: 7200, lasts_s: 120, every_s: 300 } },
    ['quarantine:ts_in_future'],
  ],
  [{ fault: 'poison', probability: 0.1 }, ['quarantine:bad_json', 'gap']],
  [{ fault: 'wrong_type', probability: 0.1 }, ['quarantine:bad_value', 'gap']],
  [{ fault: 'spike', probability: 0.2, params: { size: 2 } }, ['quarantine:out_of_range']],
  [{ fault: 'reset', params: { ...kwh, every_s: 180 } }, ['reset']],
  [{ fault: 'rollover', params: { measure: 'good', after: 2 } }, ['rollover', 'swap']],
  [{ fault: 'meter_swap', params: { ...kwh, every_s: 180 } }, ['swap']],
  [{ fault: 'gateway_outage', params: { lasts_s: 300 } }, ['late']],
  [{ fault: 'reboot', params: { every_s: 120 } }, []],
  [{ fault: 'plug_pulled', params: { lasts_s: 60, outbox: 'kept', every_s: 240 } }, []],
]

test.for(CASES.map(([request, found]) => ({ name: request.fault, request, found })))(
  '$name: the counters of the product name it, exactly',
  async ({ request, found }) => {
    await runFaults([{ ...request, ...window }], ({ counts, expected, truth }) => {
      const counters = countersOf(counts)
      expect(counters).toEqual(expected)
      for (const counter of found) expect(counters[counter]).toBeGreaterThan(0)
      // what the devices believe acknowledged is what came
      const streams = truth.streams()
      const acknowledged = streams.reduce((n, one) => n + sizeOf(one.acknowledged), 0)
      const { decoded, stored, duplicate, quarantined } = counts.items
      expect(decoded).toBe(stored + duplicate + quarantined)
      expect(decoded).toBe(acknowledged + streams.reduce((n, one) => n + one.repeated, 0))
      const made = streams.reduce((n, one) => n + sizeOf(one.made), 0)
      expect(made).toBe(acknowledged + streams.reduce((n, one) => n + sizeOf(one.lost), 0))
    })
  },
)
