/**
 * Rounding of money. Amounts are bigint nano-yuan and exact; a fen is shown once, half to even, and the parts that are shown beside a
 * total are made to sum to the total shown: largest remainder, ties by id.
 * Valid:   100.00 yuan over 1 : 1 : 1 is 33.34, 33.33, 33.33
 * Invalid: rounding each part for itself, which loses a fen
 */

/** A thousand-millionth of a yuan: milli-units × micro-yuan per unit. */
export type Nano = bigint
/** Whole micro-yuan per unit: 0.6803 yuan is 680300. */
export type Micro = number
/** Millionths of a whole. */
export type Ppm = number

export const NANO_PER_YUAN = 1_000_000_000n
export const NANO_PER_FEN = 10_000_000n
export const PPM = 1_000_000n

/** Quotient rounded down, also of negative amounts: floors telescope. `whole` is above 0. */
export function floorDiv(amount: bigint, whole: bigint): bigint {
  const quotient = amount / whole
  return amount % whole < 0n ? quotient - 1n : quotient
}

/** Quotient rounded to the nearest whole number, half to even. `whole` is above 0. */
export function evenDiv(amount: bigint, whole: bigint): bigint {
  const low = floorDiv(amount, whole)
  const twice = 2n * (amount - low * whole)
  if (twice === whole) return low % 2n === 0n ? low : low + 1n
  return twice > whole ? low + 1n : low
}

/** Whole fen, half to even. Below 90 trillion yuan it fits into a number. */
export const toFen = (nano: Nano): number => Number(evenDiv(nano, NANO_PER_FEN))

export type Part = { readonly id: string; readonly weight: bigint }

/**
 * A total divided in proportion to weights (none below 0) so that the parts sum to it: largest remainder, ties by id. In the order of
 * `parts`; null when all weights are 0, because then nothing says to whom it belongs.
 */
export function apportion(total: bigint, parts: readonly Part[]): bigint[] | null {
  const whole = parts.reduce((sum, { weight }) => sum + weight, 0n)
  if (whole === 0n) return null
  return fillUp(
    total,
    parts.map(({ id, weight }) => ({
      id,
      floor: floorDiv(total * weight, whole),
      rest: total * weight - floorDiv(total * weight, whole) * whole,
    })),
  )
}

/** Shown fen of a total and of its parts, which sum to it. */
export function fenOfParts(parts: readonly { readonly id: string; readonly nano: Nano }[]): {
  readonly total: number
  readonly parts: readonly number[]
} {
  const total = evenDiv(
    parts.reduce((sum, { nano }) => sum + nano, 0n),
    NANO_PER_FEN,
  )
  const shown = fillUp(
    total,
    parts.map(({ id, nano }) => {
      const floor = floorDiv(nano, NANO_PER_FEN)
      return { id, floor, rest: nano - floor * NANO_PER_FEN }
    }),
  )
  return { total: Number(total), parts: shown.map(Number) }
}

/** Floors and one more for the largest remainders, until the total is reached. */
export function fillUp(
  total: bigint,
  parts: readonly { readonly id: string; readonly floor: bigint; readonly rest: bigint }[],
): bigint[] {
  const filled = parts.map(({ floor }) => floor)
  let missing = total - filled.reduce((sum, floor) => sum + floor, 0n)
  const order = parts
    .map((part, place) => ({ ...part, place }))
    .toSorted((a, b) => (a.rest === b.rest ? (a.id < b.id ? -1 : 1) : a.rest > b.rest ? -1 : 1))
  for (const { place } of order) {
    if (missing <= 0n) break
    filled[place]! += 1n
    missing -= 1n
  }
  return filled
}
