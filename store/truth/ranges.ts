/** Whole numbers as closed ranges: from, to, from, to …, ascending, never touching. `[1, 3, 7, 7]` are 1, 2, 3 and 7. */

export type Ranges = number[]

export const sizeOf = (ranges: readonly number[]): number => {
  let n = 0
  for (let i = 0; i < ranges.length; i += 2) n += ranges[i + 1]! - ranges[i]! + 1
  return n
}

/** Both together. */
export function union(a: readonly number[], b: readonly number[]): Ranges {
  if (b.length === 0) return [...a]
  const pairs: [number, number][] = []
  for (const list of [a, b]) for (let i = 0; i < list.length; i += 2) pairs.push([list[i]!, list[i + 1]!])
  pairs.sort((x, y) => x[0] - y[0])
  const out: Ranges = []
  for (const [from, to] of pairs) {
    const last = out.length - 1
    if (last > 0 && from <= out[last]! + 1) out[last] = Math.max(out[last]!, to)
    else out.push(from, to)
  }
  return out
}

/** Several that follow each other, as one. */
export function joined(parts: readonly (readonly number[])[]): Ranges {
  const out: Ranges = []
  for (const part of parts)
    for (let i = 0; i < part.length; i += 2) {
      const last = out.length - 1
      if (last > 0 && part[i] === out[last]! + 1) out[last] = part[i + 1]!
      else out.push(part[i]!, part[i + 1]!)
    }
  return out
}

/** The part of them in each block of so many numbers, by the block's place: block 0 holds 0 to `size` - 1. */
export function blocksOf(ranges: readonly number[], size: number): Map<number, Ranges> {
  const blocks = new Map<number, Ranges>()
  for (let i = 0; i < ranges.length; i += 2)
    for (let from = ranges[i]!; from <= ranges[i + 1]!;) {
      const block = Math.floor(from / size)
      const to = Math.min(ranges[i + 1]!, (block + 1) * size - 1)
      const own = blocks.get(block)
      if (own) own.push(from, to)
      else blocks.set(block, [from, to])
      from = to + 1
    }
  return blocks
}

/** What is in `a` and not in `b`. */
export function without(a: readonly number[], b: readonly number[]): Ranges {
  const out: Ranges = []
  for (let i = 0; i < a.length; i += 2) {
    let from = a[i]!
    const to = a[i + 1]!
    for (let k = 0; k < b.length && from <= to; k += 2) {
      if (b[k + 1]! < from || b[k]! > to) continue
      if (b[k]! > from) out.push(from, b[k]! - 1)
      from = b[k + 1]! + 1
    }
    if (from <= to) out.push(from, to)
  }
  return out
}

/** Adds one number; mostly it follows the newest. */
export function add(ranges: Ranges, n: number): void {
  const last = ranges.length - 1
  if (last > 0 && n === ranges[last]! + 1) ranges[last] = n
  else if (last < 0 || n > ranges[last]!) ranges.push(n, n)
  else if (!has(ranges, n)) ranges.splice(0, ranges.length, ...union(ranges, [n, n]))
}

export function has(ranges: readonly number[], n: number): boolean {
  for (let i = 0; i < ranges.length; i += 2) if (n >= ranges[i]! && n <= ranges[i + 1]!) return true
  return false
}
