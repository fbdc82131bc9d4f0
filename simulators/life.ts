/**
 * What lives behind a plant file: its machines move on in time and say what happens. A works (works/) is one whole with orders that pass
 * through it; a shop (shop/) is machines each with its own orders.
 */
import type { TruthRow } from '#contract/local.ts'
import type { Instant } from '#domain/time.ts'
import type { Fault } from './faults/catalogue.ts'
import type { SimItem } from './item.ts'

export interface Life {
  /** Everything before is told. */
  readonly at: Instant
  /** Moves on to `now`: what was said since `at`, by machine path, in order of time. */
  advance(now: Instant): ReadonlyMap<string, readonly SimItem[]>
  /** Goes on at `now` without telling the time between. */
  skip(now: Instant): void
  /** The process faults in force: they change what happens, from now on. */
  strike(faults: readonly Fault[]): void
  /**
   * What was true in [from, to): scope `plant`, or a machine's or meter's path. Null: it has not lived all of it, or some of it
   * was left untold. Never told over MQTT.
   */
  truth(scope: string, from: Instant, to: Instant): readonly TruthRow[] | null
  /** What it must find again after a restart and is not yet stored, by `firm` or `firm/path`; `all`: whatever it is. Each is given once. */
  memory(all: boolean): ReadonlyMap<string, string>
}
