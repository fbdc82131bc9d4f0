/**
 * Cost per 100 yuan of output as a ratio of sums, with its status: never a mean of ratios, never 0 or infinite where there was no
 * output. Which output value it is taken of (finished valves, or value added by operation) is named by its definition.
 */
import { evenDiv, fillUp, floorDiv, toFen, type Nano } from './rounding.ts'

/** `u_wip` counts value added by operation, `u_raw` finished units only; the number is the version of the formula. */
export const U_DEFINITIONS = { u_wip: 1, u_raw: 1 } as const
export type UDefinition = keyof typeof U_DEFINITIONS

export const VALUE_STATUSES = [
  'OK',
  'NO_OUTPUT', // V = 0, C > 0
  'NO_ACTIVITY', // V = 0, C = 0
  'NEGATIVE_OUTPUT', // V < 0, after a correction
  'LOW_OUTPUT', // 0 < V < the least value of which a ratio says anything
  'UNKNOWN', // a cost or a value is not known
] as const
export type ValueStatus = (typeof VALUE_STATUSES)[number]

export const VALUE_FLAGS = [
  'PROVISIONAL_PRICE',
  'PROVISIONAL_SHARE',
  'LOW_COVERAGE',
  'ESTIMATED',
  'REVISED',
] as const
export type ValueFlag = (typeof VALUE_FLAGS)[number]

export type CostPerOutput = {
  /** Yuan per 100 yuan in ten-thousandths: 95.0000 is 950000. Two digits are shown. */
  readonly u: number | null
  readonly status: ValueStatus
  /** Cost of a window without output; it stays in every enclosing sum. */
  readonly costNoOutput: Nano
}

const none = (status: ValueStatus, costNoOutput: Nano = 0n): CostPerOutput => ({
  u: null,
  status,
  costNoOutput,
})

/**
 * u = 100·C/V of whole fen, half to even. `least`: output below it is LOW_OUTPUT (u is still told). `known` false: UNKNOWN.
 */
export function uOf(cost: Nano, value: Nano, { least = 0n, known = true } = {}): CostPerOutput {
  if (!known) return none('UNKNOWN')
  const [costFen, valueFen] = [BigInt(toFen(cost)), BigInt(toFen(value))]
  if (valueFen < 0n) return none('NEGATIVE_OUTPUT', cost)
  if (valueFen === 0n) return costFen === 0n ? none('NO_ACTIVITY') : none('NO_OUTPUT', cost)
  const u = Number(evenDiv(1_000_000n * costFen, valueFen))
  return { u, status: value < least ? 'LOW_OUTPUT' : 'OK', costNoOutput: 0n }
}

/** The two digits shown, in hundredths of a yuan. */
export const shownU = (u: number): number => Number(evenDiv(BigInt(u), 100n))

/**
 * u of parts of a cost, in hundredths, which sum to the u shown of the whole: largest remainder, ties by id. `total` is that u;
 * `valueFen` is above 0.
 */
export function shownUs(
  parts: readonly { readonly id: string; readonly fen: number }[],
  valueFen: number,
  total: number,
): number[] {
  const whole = BigInt(valueFen)
  return fillUp(
    BigInt(total),
    parts.map(({ id, fen }) => {
      const exact = 10_000n * BigInt(fen)
      const floor = floorDiv(exact, whole)
      return { id, floor, rest: exact - floor * whole }
    }),
  ).map(Number)
}
