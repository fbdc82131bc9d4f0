/**
 * An item against the plant in force: does the machine exist, has it this measure in this class, can the value be true.
 * The first fault found names the whole item; a released item comes here again with the plant as corrected.
 */
import type { Machine, Measure, Plant } from '#domain/plant/plant.ts'
import { MINUTE, type Instant } from '#domain/time.ts'
import { toSteps } from '#domain/units.ts'
import { EVENT_FIELDS } from './events.ts'
import type { Fault, Item, TelemetryClass } from './item.ts'

/** How far a device's clock may run ahead of ours before its ts is no time at all. */
export const MAX_AHEAD = 5 * MINUTE

/** A plant arranged for looking things up by name. */
export type PlantIndex = { readonly plant: Plant; readonly machines: ReadonlyMap<string, MachineIndex> }
export type MachineIndex = { readonly machine: Machine; readonly measures: ReadonlyMap<string, Measure> }

export function indexPlant(plant: Plant): PlantIndex {
  const machines = new Map(
    plant.machines.map((machine) => [
      machine.path,
      { machine, measures: new Map(machine.measures.map((measure) => [measure.name, measure])) },
    ]),
  )
  return { plant, machines }
}

/** The first fault of a decoded item, or null. `receivedAt` is journal time. */
export function checkItem(
  item: Item,
  cls: TelemetryClass,
  index: MachineIndex,
  receivedAt: Instant,
): Fault | null {
  if (item.ts > receivedAt + MAX_AHEAD) return futureFault('ts', item.ts, receivedAt)
  if (cls === 'state' && item.until !== undefined && item.until > receivedAt + MAX_AHEAD)
    return futureFault('until', item.until, receivedAt)
  if (cls === 'telemetry' || cls === 'count') return valuesFault(item, cls, index.measures)
  if (cls === 'state') return textFault(item, STATE_TEXTS)
  return textFault(item, Object.keys(EVENT_FIELDS[item.type!] ?? {})) ?? swapFault(item, index.measures)
}

const futureFault = (field: 'ts' | 'until', at: Instant, receivedAt: Instant): Fault => ({
  reason: 'ts_in_future',
  detail: `${field} is ${Math.round((at - receivedAt) / 1000)} s after it was received`,
})

function valuesFault(
  item: Item,
  cls: 'telemetry' | 'count',
  measures: ReadonlyMap<string, Measure>,
): Fault | null {
  const { v, q } = item
  for (const name in v) {
    const measure = measures.get(name)
    if (measure === undefined) return { reason: 'unknown_measure', detail: `no measure ${name}` }
    if (measure.class !== cls)
      return { reason: 'wrong_class', detail: `${name} is a ${measure.class} measure, sent as ${cls}` }
    const value = v[name]!
    if (value === null) {
      if (q?.[name] === undefined) return { reason: 'bad_value', detail: `${name} is null without a quality` }
      continue
    }
    if (measure.min !== null && value < measure.min)
      return { reason: 'out_of_range', detail: `${name} ${value} below ${measure.min}` }
    if (measure.max !== null && value > measure.max)
      return { reason: 'out_of_range', detail: `${name} ${value} above ${measure.max}` }
    if (cls === 'count' && toSteps(value, measure.scale) === null)
      return {
        reason: 'bad_value',
        detail: `${name} ${value} is finer than its resolution 1/${measure.scale}`,
      }
  }
  return null
}

const STATE_TEXTS = ['reason', 'order', 'product', 'operation'] as const

/** A lone surrogate would be stored as another character: refused, so that what is read back equals what was sent. */
function textFault(item: Item, fields: readonly string[]): Fault | null {
  for (const field of fields) {
    const value = item[field.replace('?', '')]
    const texts = Array.isArray(value) ? (value as readonly unknown[]) : [value]
    for (const text of texts)
      if (typeof text === 'string' && !text.isWellFormed())
        return { reason: 'bad_value', detail: `${field} holds half a character` }
  }
  return null
}

function swapFault(item: Item, measures: ReadonlyMap<string, Measure>): Fault | null {
  if (item.type !== 'meter_swap') return null
  const name = item['measure'] as string
  const measure = measures.get(name)
  if (measure === undefined) return { reason: 'unknown_measure', detail: `no measure ${name}` }
  if (measure.class !== 'count')
    return { reason: 'wrong_class', detail: `${name} is no register, it cannot be swapped` }
  for (const field of ['old_last', 'new_first'] as const)
    if (toSteps(item[field] as number, measure.scale) === null)
      return { reason: 'bad_value', detail: `${field} is finer than the resolution of ${name}` }
  return null
}
