/**
 * 10 Maintenance: hours of repairs and planned work as they pass, parts when they are told, what a heat wears off the lining. A repair
 * left open overnight keeps nobody busy: its hours are those in which the machine stood faulty.
 */
import { HOUR } from '#domain/time.ts'
import { PARTS, PREVENTIVE_PARTS } from '../drivers.ts'
import { evenDiv, floorDiv, type Nano } from '../rounding.ts'
import { placeOf, type Case, type Outcome, type PlacedHole, type Post } from '../valuationCase.ts'
import type { Pane } from '../pane.ts'
import { budgeted } from './budget.ts'
import type { Element } from './element.ts'

/** Milliseconds of the crew in a pane, at repairs. */
function repairMs({ states, drivers }: Pane): number {
  const corrective = drivers['maintenance/corrective/s'] ?? 0
  const told = Object.keys(states).some((state) => state !== 'UNKNOWN')
  return told ? Math.min(corrective, states['FAULT'] ?? 0) : corrective
}

// a thousandth of a yuan is a million nano-yuan
const partsNano = (milliYuan: number): Nano => BigInt(milliYuan) * 1_000_000n

/** What repairs took in a pane, crew and parts, rounded down: a part of what is posted. Without a price the crew's time is not in it. */
export function repairOf({ books }: Case, pane: Pane): Nano {
  const ms = repairMs(pane)
  const { [PARTS]: parts = 0, [PREVENTIVE_PARTS]: preventive = 0 } = pane.drivers
  if (ms === 0 && parts === preventive) return 0n
  const hour = books.at(pane.start).find('maintenance', 'rates')?.hour ?? 0
  return floorDiv(BigInt(ms) * BigInt(hour) * 1000n, BigInt(HOUR)) + partsNano(parts - preventive)
}

function traced(work: Case): Outcome {
  const posts: Post[] = []
  const holes: PlacedHole[] = []
  for (const pane of work.panes) {
    const crew = repairMs(pane) + (pane.drivers['maintenance/preventive/s'] ?? 0)
    const parts = pane.drivers[PARTS] ?? 0
    const heats = pane.drivers['heat'] ?? 0
    if (crew === 0 && parts === 0 && heats === 0) continue
    const book = work.books.at(pane.start)
    const rates = book.find('maintenance', 'rates')
    // parts have a price of their own
    if (!rates && (crew > 0 || heats > 0))
      holes.push({ ...book.holeOf('maintenance', 'rates'), machine: pane.machine })
    const nano =
      partsNano(parts) +
      (rates
        ? evenDiv(BigInt(crew) * BigInt(rates.hour) * 1000n, BigInt(HOUR)) +
          BigInt(heats) * BigInt(rates.heat)
        : 0n)
    posts.push({ ...placeOf(pane), at: pane.start, nano, provenance: 'measured' })
  }
  return { posts, holes }
}

export const maintenance: Element = {
  id: 'maintenance',
  title: { zh: '维修', en: 'Maintenance' },
  driver: 'hours and parts of work orders; heats',
  behaviour: 'mixed',
  allocation: 'traced; else machine-hours',
  of: (work) => {
    const { posts, holes } = traced(work)
    return { posts: [...posts, ...budgeted(work, 'maintenance')], holes }
  },
}
