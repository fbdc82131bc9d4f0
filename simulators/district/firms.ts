/**
 * The firms of a simulated district: two valve works and thirty small firms of mixed size, sector and data quality. Pure: the same seed
 * gives the same district. Every firm is invented and says so in its title.
 */
import { between, oneOf, seedOf, whole } from '../random.ts'
import { SECTORS, type MachineKind, type Sector, type Title } from './sectors.ts'

/**
 * full: signals, registers and a main meter; outages: all of that through a gateway that is often away; noisy: all of that, badly;
 * no_energy: pieces and states, no power and no meter; meter_and_counts: a main meter and one count of finished pieces;
 * books: monthly books only, some with a main meter.
 */
export const QUALITIES = {
  full: 9,
  outages: 5,
  noisy: 3,
  no_energy: 4,
  meter_and_counts: 3,
  books: 6,
} as const
export type Quality = keyof typeof QUALITIES

export type WorksFirm = {
  readonly firm: string
  readonly title: Title
  readonly scenario: 'retrofit' | 'baseline'
  readonly seed: number
}

export type SmallFirm = {
  readonly firm: string
  readonly title: Title
  readonly sector: Sector
  readonly quality: Quality
  readonly seed: number
  /** Of machines that speak; empty where none does. */
  readonly machines: readonly { readonly name: string; readonly kind: MachineKind; readonly label: string }[]
  /** Rating of what the main meter measures beside them, kW; null: no meter. */
  readonly meterKw: number | null
  readonly shifts: 1 | 2
  /** Everything speaks through one gateway. */
  readonly gateway: boolean
}

export type District = { readonly works: readonly WorksFirm[]; readonly small: readonly SmallFirm[] }

const two = (n: number): string => String(n).padStart(2, '0')

export function district(seed: number): District {
  const order = Object.entries(QUALITIES).flatMap(([quality, n]) =>
    Array<Quality>(n).fill(quality as Quality),
  )
  const works = (letter: 'a' | 'b', scenario: WorksFirm['scenario']): WorksFirm => {
    const firm = `d-works-${letter}`
    const title = {
      zh: `示范阀门厂 区域 ${letter.toUpperCase()}（仿真）`,
      en: `Demo Valve Works, District ${letter.toUpperCase()} (simulated)`,
    }
    return { firm, title, scenario, seed: seedOf(seed, firm) }
  }
  return {
    works: [works('a', 'retrofit'), works('b', 'baseline')],
    small: order.map((quality, i) => smallFirm(seed, quality, i)),
  }
}

function smallFirm(districtSeed: number, quality: Quality, i: number): SmallFirm {
  const number = two(i + 1)
  const sector = SECTORS[i % SECTORS.length]!
  const firm = `d-${sector.id}-${number}`
  const seed = seedOf(districtSeed, firm)
  const chance = { rng: seed }
  const silent = quality === 'books' || quality === 'meter_and_counts'
  // many small ones, few with a dozen machines
  const size = silent ? 0 : Math.max(1, Math.round(1 + 11 * between(chance, 0, 1) ** 1.8))
  const seen = new Map<string, number>()
  const machines = Array.from({ length: size }, (_, k) => {
    const kind =
      k === 5 ? 'compressor' : k < sector.kinds.length ? sector.kinds[k]! : oneOf(chance, sector.kinds)
    const place = (seen.get(kind) ?? 0) + 1
    seen.set(kind, place)
    return { name: `${kind}-${two(place)}`, kind, label: two(place) }
  })
  const metered = quality !== 'no_energy' && (quality !== 'books' || i % 2 === 0)
  return {
    firm,
    title: {
      zh: `示范${sector.title.zh}厂 ${number}（仿真）`,
      en: `Demo ${sector.title.en} Works ${number} (simulated)`,
    },
    sector,
    quality,
    seed,
    machines,
    meterKw: metered ? whole(chance, silent ? 30 : 3, silent ? 160 : 12) : null,
    shifts: between(chance, 0, 1) < 0.7 ? 1 : 2,
    gateway: quality === 'outages' || between(chance, 0, 1) < 0.5,
  }
}
