/**
 * Event types a device, gateway, terminal or import can send. Adding one is a line here; an unknown type goes to quarantine.
 * Valid:   {"type":"order_start","order":"WO-1124-018","product":"q41f-dn50","operation":"la-10","planned_qty":320}
 * Invalid: {"type":"order_start","order":"WO-1124-018"} (`bad_shape`: fields missing)
 */
import { z } from 'zod'

const word = z.string().min(1).max(128)
const qty = z.number().nonnegative().max(1e12)
const pieces = z.int().nonnegative().max(1e12)
const work = { order: word, product: word, operation: word }

export const EVENT_SHAPES = {
  order_start: z.object({ ...work, planned_qty: qty }),
  // good_qty counts where the machine has no register of good pieces
  order_end: z.object({ ...work, planned_qty: qty.optional(), good_qty: pieces.optional() }),
  sign_on: z.object({ worker: word, machines: z.array(word).min(1).max(64) }),
  sign_off: z.object({ worker: word, machines: z.array(word).max(64).optional() }),
  material_issue: z.object({ order: word, material: word, qty, unit: word, lot: word.optional() }),
  material_return: z.object({ order: word, material: word, qty, unit: word, lot: word.optional() }),
  receipt: z.object({ ...work, qty }),
  reject: z.object({ ...work, qty, reason: word, serial: word.optional() }),
  rework: z.object({ ...work, qty, reason: word, serial: word.optional() }),
  test_result: z.object({
    serial: word,
    order: word,
    product: word,
    result: z.enum(['pass', 'fail']),
    pressure_mpa: z.number(),
    hold_s: z.number().nonnegative(),
    leak_ml_min: z.number().nonnegative(),
  }),
  packed: z.object({ order: word, product: word, qty }),
  tool_change: z.object({ tool_type: word, tool: word }),
  heat: z.object({ heat: word, charge_kg: qty, tapped_kg: qty }),
  maintenance: z.object({
    work_order: word,
    kind: z.enum(['corrective', 'preventive']),
    phase: z.enum(['start', 'end']),
    parts_yuan: z.number().nonnegative().max(1e9).optional(),
  }),
  meter_swap: z.object({ measure: word, old_last: z.number(), new_first: z.number() }),
} as const

export type EventType = keyof typeof EVENT_SHAPES
export const EVENT_TYPES = Object.keys(EVENT_SHAPES) as readonly EventType[]

const [first, second, ...rest] = EVENT_TYPES.map((type) =>
  EVENT_SHAPES[type].extend({ type: z.literal(type) }),
)
export const Event = z.discriminatedUnion('type', [first!, second!, ...rest])
