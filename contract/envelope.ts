/**
 * The body of a device message: one item, or a batch of items under a shared boot and send time.
 * Valid:   {"ts":1795500420000,"seq":50771,"boot":"a1","v":{"power_kw":12.31}}
 * Valid:   {"boot":"a1","at":1795500480000,"items":[{"ts":1795500420000,"seq":1,"state":"RUN"}]}
 * Valid:   {"ts":1795500420000,"seq":2,"state":"RUN","until":1795504020000}, repeated up to then
 * Invalid: {"ts":"yesterday"} (`bad_shape`), {"v":{"temp_c":null}} without a `q` for it (`bad_value`)
 *
 * These shapes are the contract. The hot path in domain/telemetry/decode.ts checks the same by hand and is tested against them.
 */
import { z } from 'zod'
import { MACHINE_STATES } from '#domain/plant/plant.ts'
import { Event } from './events.ts'

export const MAX_ITEMS = 1000
export const MAX_PAYLOAD = 64 * 1024
/** JSON nesting that a device may send: batch > item > v, with room for one level more. */
export const MAX_DEPTH = 8

/** 2000-01-01 … 2100-01-01: outside, a `ts` is a unit error (seconds, microseconds), not a time. */
export const MIN_TS = 946_684_800_000
export const MAX_TS = 4_102_444_800_000

const ts = z.int().min(MIN_TS).max(MAX_TS)
const seq = z.int().min(0).max(Number.MAX_SAFE_INTEGER)
const boot = z.string().min(1).max(64)
const name = z.string().regex(/^[a-z0-9_-]{1,64}$/)
const word = z.string().min(1).max(128)

const key = { ts, seq: seq.optional() }
const own = { boot: boot.optional(), at: ts.optional() }

const Values = z.record(name, z.number().nullable())
/** `bad:sensor_open`, `uncertain:drift`: severity and reason in words of the field (domain: OPC UA severities). */
const Qualities = z.record(name, z.string().regex(/^(good|uncertain|bad)(:[a-z0-9_]{1,48})?$/))

const telemetry = { v: Values, q: Qualities.optional() }
const count = { v: z.record(name, z.number()) }
const state = {
  state: z.enum(MACHINE_STATES),
  reason: word.optional(),
  order: word.optional(),
  product: word.optional(),
  operation: word.optional(),
  until: ts
    .optional()
    .describe(
      'The own record of the device that the state was repeated without a silence up to here; not before ts',
    ),
}
/** A state ends no earlier than it begins. */
const inOrder = (item: { readonly ts: number; readonly until?: number | undefined }): boolean =>
  item.until === undefined || item.until >= item.ts

const message = <S extends z.ZodRawShape>(shape: S) =>
  z.union([
    z.object({ ...key, ...own, ...shape }),
    z.object({
      ...own,
      items: z
        .array(z.object({ ...key, ...shape }))
        .min(1)
        .max(MAX_ITEMS),
    }),
  ])

export const TelemetryMessage = message(telemetry).describe('Signals: trends and alarms, never a yuan')
export const CountMessage = message(count).describe('Cumulative registers and counters: evidence')
export const StateMessage = z
  .union([
    z.object({ ...key, ...own, ...state }).refine(inOrder),
    z.object({
      ...own,
      items: z
        .array(z.object({ ...key, ...state }).refine(inOrder))
        .min(1)
        .max(MAX_ITEMS),
    }),
  ])
  .describe('Machine state: evidence')
export const EventMessage = z
  .union([
    z.object({ ...key, ...own }).and(Event),
    z.object({ ...own, items: z.array(z.object(key).and(Event)).min(1).max(MAX_ITEMS) }),
  ])
  .describe('Things that happened: evidence')
