/**
 * Monthly books of a firm that measures nothing: cost elements and output value. EVERY FIGURE IS ILLUSTRATIVE: drawn around shares that add
 * up to some 88 to 97 yuan of cost for 100 yuan of output. Pure.
 *
 *   month,item,fen,basis
 *   2025-05,value,83210000,illustrative
 *   2025-05,material,41875000,illustrative
 */
import { between, seedOf } from '../random.ts'
import { apportion } from '../works/apportion.ts'
import { ELEMENTS, type Element } from '../works/catalogue.ts'

/** Yuan of cost per 100 yuan of output before they are scaled to the firm's own sum. */
const SHARE: Readonly<Record<Element, number>> = {
  material: 48,
  electricity: 3,
  demand: 1,
  power_factor: 0,
  gas: 0.5,
  media: 0.6,
  labour: 16,
  machine_hour: 5,
  tooling: 3,
  maintenance: 2,
  scrap: 3,
  outsourcing: 4,
  quality: 1.5,
  overhead: 6.5,
  retrofit: 0,
}

export const MONTHS = 18

/** `2026-10` less 17 is `2025-05`. */
export function monthsUntil(last: string, n = MONTHS): string[] {
  const [year, month] = last.split('-').map(Number) as [number, number]
  return Array.from({ length: n }, (_, i) => {
    const all = year * 12 + month - 1 - (n - 1 - i)
    return `${Math.floor(all / 12)}-${String((all % 12) + 1).padStart(2, '0')}`
  })
}

/** Rows of the 18 months up to `last`, in fen; the elements of a month sum to its cost. */
export function booksOf(firm: string, seed: number, last: string): string {
  const chance = { rng: seedOf(seed, `${firm} books`) }
  const output = between(chance, 250_000, 2_500_000)
  const start = between(chance, 93, 97)
  const slope = between(chance, -0.15, 0.02)
  const own = ELEMENTS.map((element) => SHARE[element] * between(chance, 0.85, 1.15))
  const lines = monthsUntil(last).flatMap((month, i) => {
    const season = /-0[12]$/.test(month) ? 0.78 : 1
    const value = Math.round(output * season * between(chance, 0.92, 1.08)) * 100
    const u = Math.min(97.5, Math.max(88, start + slope * i + between(chance, -0.8, 0.8)))
    const parts = own.map((share) => share * between(chance, 0.95, 1.05))
    const sum = parts.reduce((a, b) => a + b, 0)
    const fen = apportion(parts.map((part) => (value * u * part) / (100 * sum)))
    return [
      `${month},value,${value},illustrative`,
      ...ELEMENTS.map((element, k) => `${month},${element},${fen[k]!},illustrative`),
    ]
  })
  return `month,item,fen,basis\n${lines.join('\n')}\n`
}
