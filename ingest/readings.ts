/**
 * What of an item goes to the historian: each measure's value in its unit (registers as read, cumulative), a machine's state as the
 * series `state` with the codes 0 RUN, 1 SETUP, 2 IDLE, 3 STOP, 4 FAULT, 5 OFF. Events, nulls and values of bad quality make none.
 */
import { MACHINE_STATES } from '#domain/plant/plant.ts'
import type { Item, TelemetryClass } from '#domain/telemetry/item.ts'
import type { Reading, Series } from '#store/historian/historian.ts'

export const STATE_SERIES = 'state'

/** A reading that knows which item of which journal entry it came from. */
export type FedReading = Reading & { readonly offset: number; readonly item: number }

/** Adds an item's readings to `out`. */
export function readingsOf(
  cls: TelemetryClass,
  item: Item,
  seriesOf: (measure: string) => Series,
  offset: number,
  place: number,
  out: FedReading[],
): void {
  const { ts } = item
  if (cls === 'state') {
    const value = MACHINE_STATES.indexOf(item.state!)
    out.push({ series: seriesOf(STATE_SERIES), ts, value, offset, item: place })
    return
  }
  if (cls === 'event') return
  const { v, q } = item
  for (const name in v) {
    const value = v[name]!
    if (value === null || q?.[name]?.startsWith('bad')) continue
    out.push({ series: seriesOf(name), ts, value, offset, item: place })
  }
}
