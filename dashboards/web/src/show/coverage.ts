/** Coverage cells as runs to draw, and their mean. A cell is a share 0..1 of what was due; null: nothing was due. */
export type CoverageKind = 'full' | 'mid' | 'low' | 'off'
export type CoverageRun = { readonly kind: CoverageKind; readonly from: number; readonly to: number }

export const coverageKind = (cell: number | null): CoverageKind =>
  cell === null ? 'off' : cell >= 0.99 ? 'full' : cell >= 0.9 ? 'mid' : 'low'

/** Neighbouring cells of one kind as one run, so that a day is a few boxes instead of 96. */
export function coverageRuns(cells: readonly (number | null)[]): readonly CoverageRun[] {
  const runs: CoverageRun[] = []
  for (const [i, cell] of cells.entries()) {
    const kind = coverageKind(cell)
    const last = runs.at(-1)
    if (last?.kind === kind) runs[runs.length - 1] = { ...last, to: i + 1 }
    else runs.push({ kind, from: i, to: i + 1 })
  }
  return runs
}

/** Share of all that was due; null when nothing was. Cells are equally long, so their mean is the share of the time. */
export function coverageOf(cells: readonly (number | null)[]): number | null {
  const due = cells.filter((cell) => cell !== null)
  return due.length ? due.reduce((sum, cell) => sum + cell, 0) / due.length : null
}

/** Place of a latency on a logarithmic axis from 1 ms to 10 s, in per cent. */
export const logPlace = (ms: number): number => Math.min(100, Math.max(0, Math.log10(Math.max(ms, 1)) * 25))
