/**
 * Months close by themselves where the plant says on which day (accounting.md 8: "by a person or on the configured day"): from the begin of
 * that production day on a `close.month` is journalled, once an hour until it is taken. What a close waits for is ingest's to say.
 */
import { spanOfMonth } from '#domain/accounting/monthAccount.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { DAY, dayOf, HOUR, MINUTE, type Instant } from '#domain/time.ts'
import { idOfContent, performAsSystem } from './deed.ts'
import { monthsOf } from './figures/months.ts'
import { Lookout } from './lookout.ts'
import type { Ports } from './ports.ts'
import { beginOf } from './seedRecords.ts'

/** Author in the journal. */
export const CLOSING_DAY = 'closing-day'

const LOOK_EVERY_MS = MINUTE
const AGAIN_AFTER_MS = HOUR

/** When a month, `2026-02`, closes by itself; null: a person closes it. */
export function closesAt(plant: Plant, month: string): Instant | null {
  const { closeMonthDay } = plant
  if (closeMonthDay === undefined) return null
  return beginOf(plant, dayOf(spanOfMonth(month).to + (closeMonthDay - 1) * DAY))
}

export class MonthCloses extends Lookout {
  readonly #askedAt = new Map<string, Instant>()

  constructor() {
    super(LOOK_EVERY_MS, 'months could not be closed on their day')
  }

  protected override async lookOnce(ports: Ports): Promise<void> {
    for (const firm of ports.ledgers.firms()) await this.#closeOf(ports, firm)
  }

  /** The oldest month that is due: the next one follows when this one is closed. */
  async #closeOf(ports: Ports, firm: string): Promise<void> {
    const ledger = ports.ledgers.of(firm)
    const plant = ledger?.plant()?.plant
    if (!ledger || plant?.closeMonthDay === undefined) return
    const now = ports.now()
    const due = monthsOf(ledger).findLast(
      ({ month, close }) => close === null && closesAt(plant, month)! <= now,
    )
    if (!due) return
    const key = `${firm} ${due.month}`
    const asked = this.#askedAt.get(key)
    if (asked !== undefined && now - asked < AGAIN_AFTER_MS) return
    this.#askedAt.set(key, now)
    const body = { month: due.month, note: `day ${plant.closeMonthDay}` }
    // asked again within the hour, as after a start of the api, it is the same deed
    const id = idOfContent(`${CLOSING_DAY} ${key} ${Math.floor(now / AGAIN_AFTER_MS)}`)
    const deed = { kind: 'close.month', version: 1, body, id } as const
    const result = await performAsSystem(ports, CLOSING_DAY, firm, deed)
    if (result.status === 'unavailable') this.#askedAt.delete(key)
    ports.log.info({ firm, month: due.month, ...result }, 'a month closes on its day')
  }
}
