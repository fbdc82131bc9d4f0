/**
 * What events tell, as driver quantities in milli-units: one line for each type of event. A name is the driver, and after a slash
 * what it is told of: `material/A.body/kg`, `planned/op10`. Times of open work orders are added by machinePanes.ts.
 */
import type { Item } from '#domain/telemetry/item.ts'
import type { Instant } from '#domain/time.ts'
import { LOOK_BACK, type EventHeard } from './facts.ts'
import type { Piece } from './measureRole.ts'

/** Thousandths of the unit in which it was told; a finer amount is rounded. */
export const toMilli = (qty: unknown): number => Math.round((qty as number) * 1000)

type Driver = readonly [name: string, milli: number]

/** An order that ended and told that no piece was good. */
export const NONE_GOOD = 'none_good'

/** Parts of work orders that ended, and of these what planned work took. */
export const PARTS = 'maintenance/parts_yuan'
export const PREVENTIVE_PARTS = 'maintenance/preventive/parts_yuan'

/** Drivers by type of event. Types that are not here change times, orders or registers instead. */
const DRIVERS: Readonly<Record<string, (item: Item) => readonly Driver[]>> = {
  // an order without a planned quantity plans nothing
  order_start: ({ operation, planned_qty: qty }) =>
    qty === undefined ? [] : [[`planned/${operation!}`, toMilli(qty)]],
  // good pieces have a group of their own, in which 0 leaves no trace
  order_end: ({ good_qty: qty }) => (qty === 0 ? [[NONE_GOOD, 1000]] : []),
  material_issue: (item) => [
    [`material/${item['material'] as string}/${item['unit'] as string}`, toMilli(item['qty'])],
  ],
  material_return: (item) => [
    [`material/${item['material'] as string}/${item['unit'] as string}`, -toMilli(item['qty'])],
  ],
  receipt: (item) => [[`receipt/${item.operation!}`, toMilli(item['qty'])]],
  reject: (item) => [[`reject/${item.operation!}`, toMilli(item['qty'])]],
  rework: (item) => [[`rework/${item.operation!}`, toMilli(item['qty'])]],
  test_result: (item) => [[`test/${item['result'] as string}`, 1000]],
  packed: (item) => [['packed', toMilli(item['qty'])]],
  tool_change: (item) => [[`tool_change/${item['tool_type'] as string}`, 1000]],
  heat: (item) => [
    ['heat', 1000],
    ['heat/charge_kg', toMilli(item['charge_kg'])],
    ['heat/tapped_kg', toMilli(item['tapped_kg'])],
  ],
  maintenance: (item) =>
    item['phase'] === 'start'
      ? [[`maintenance/${item['kind'] as string}`, 1000]]
      : // parts have the price of one yuan a yuan
        (item['kind'] === 'preventive' ? [PARTS, PREVENTIVE_PARTS] : [PARTS]).map(
          (name) => [name, toMilli(item['parts_yuan'] ?? 0)] as const,
        ),
}

/** Drivers that an event adds to its pane. */
export const driversOf = (item: Item): readonly Driver[] => DRIVERS[item.type!]?.(item) ?? []

/** Pieces that an event tells, for where no register of the machine counts them. */
const TOLD: Readonly<Record<string, readonly [piece: Piece, field: string]>> = {
  order_end: ['good', 'good_qty'],
  reject: ['scrap', 'qty'],
  rework: ['rework', 'qty'],
}

/** Null: the event tells none. */
export function piecesTold(item: Item): { readonly piece: Piece; readonly qty: unknown } | null {
  const [piece, field] = TOLD[item.type!] ?? []
  return piece === undefined || item[field!] === undefined ? null : { piece, qty: item[field!] }
}

/**
 * First inspections: tests of a serial that was not tested in the 24 hours before on this machine. `events` are in order. By event:
 * did the valve pass at once?
 */
export function firstTests(events: readonly EventHeard[]): ReadonlyMap<EventHeard, boolean> {
  const before = new Map<string, Instant>()
  const first = new Map<EventHeard, boolean>()
  for (const event of events) {
    const { item } = event
    if (item.type !== 'test_result') continue
    const serial = item['serial'] as string
    if (!(item.ts - (before.get(serial) ?? -Infinity) <= LOOK_BACK.retest))
      first.set(event, item['result'] === 'pass')
    before.set(serial, item.ts)
  }
  return first
}

export type Maintenance = {
  readonly kind: 'corrective' | 'preventive'
  readonly workOrder: string
  readonly from: Instant
  readonly to: Instant
}

/** Work orders from their start to their end; one that never ends is over after 31 days. `events` are in order. */
export function maintenanceOf(events: readonly EventHeard[]): Maintenance[] {
  const open = new Map<string, Omit<Maintenance, 'to'>>()
  const done: Maintenance[] = []
  const close = (work: Omit<Maintenance, 'to'>, at: Instant) => {
    open.delete(work.workOrder)
    done.push({ ...work, to: Math.min(at, work.from + LOOK_BACK.maintenance) })
  }
  for (const { item } of events) {
    if (item.type !== 'maintenance') continue
    const workOrder = item['work_order'] as string
    const begun = open.get(workOrder)
    if (item['phase'] === 'end') {
      if (begun) close(begun, item.ts)
    } else if (!begun)
      open.set(workOrder, { workOrder, kind: item['kind'] as Maintenance['kind'], from: item.ts })
  }
  for (const work of open.values()) close(work, Infinity)
  return done
}
