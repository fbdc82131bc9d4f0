/** What a simulated machine says, before its device gives it boot and seq. */
import type { Instant } from '#domain/time.ts'
import type { DeviceClass } from '#contract/topics.ts'

export type SimItem = {
  readonly class: DeviceClass
  readonly ts: Instant
  /** 0: a signal that may be dropped when the outbox is full; 1: evidence. */
  readonly qos: 0 | 1
  readonly body: Readonly<Record<string, unknown>>
}
