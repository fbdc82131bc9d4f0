/** The true answer of a living plant as rows, for the page, the command line and tests. */
import type { TruthRow } from '#contract/local.ts'
import type { Plant } from '#domain/plant/plant.ts'
import type { Instant } from '#domain/time.ts'
import type { Life } from './life.ts'

/**
 * `scope`: `plant`, a machine's or meter's path, or `machines`: all of them. Undefined: no such scope; null: the plant has not lived all
 * of [from, to).
 */
export function truthRows(
  { machines }: Plant,
  life: Life,
  scope: string,
  from: Instant,
  to: Instant,
): readonly TruthRow[] | null | undefined {
  if (scope === 'plant') return life.truth(scope, from, to)
  const paths = machines.map(({ path }) => path)
  if (scope !== 'machines') return paths.includes(scope) ? life.truth(scope, from, to) : undefined
  const rows: TruthRow[] = []
  for (const path of paths) {
    const own = life.truth(path, from, to)
    if (!own) return null
    rows.push(...own)
  }
  return rows
}
