/** Rounding that keeps sums: largest remainder, half to even, and cost per 100 yuan with its reasons. */

/** The whole numbers nearest to `parts` that sum to the whole number nearest to their sum: largest remainder, ties by place. */
export function apportion(
  parts: readonly number[],
  total = Math.round(parts.reduce((a, b) => a + b, 0)),
): number[] {
  const floors = parts.map((part) => Math.floor(part))
  let rest = total - floors.reduce((a, b) => a + b, 0)
  const order = parts
    .map((part, i) => [part - floors[i]!, i] as const)
    .toSorted((a, b) => b[0] - a[0] || a[1] - b[1])
  for (const [, i] of order) {
    if (rest <= 0) break
    floors[i]! += 1
    rest--
  }
  return floors
}

/** Whole fen of micro-yuan, half to even. */
export function fenOf(micro: number): number {
  const fen = micro / 10_000
  const low = Math.floor(fen)
  const rest = micro - low * 10_000
  if (rest === 5_000) return low % 2 === 0 ? low : low + 1
  return rest > 5_000 ? low + 1 : low
}

/** Cost per 100 yuan in hundredths of a yuan, or null and why. */
export function uOf(
  costFen: number,
  valueFen: number,
): { readonly value: number | null; readonly reason: string | null } {
  if (valueFen < 0) return { value: null, reason: 'NEGATIVE_OUTPUT' }
  if (valueFen === 0) return { value: null, reason: costFen === 0 ? 'NO_ACTIVITY' : 'NO_OUTPUT' }
  return { value: Math.round((10_000 * costFen) / valueFen), reason: null }
}
