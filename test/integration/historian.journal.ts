/** Commits as a journal would give them: 6 series, 5 s apart, one of them sparse, one late by ten minutes, with repeats. */
import type { Reading, Series } from '#store/historian/historian.ts'

export const START = Date.UTC(2026, 10, 24, 0, 0, 0)

export const JOURNAL_SERIES: readonly Series[] = [
  ...['power_kw', 'temp_c', 'kwh', 'vibration'].map((measure) => ({
    firm: 'tongda',
    machine: 'main/machining/l1/lathe-07',
    measure,
  })),
  { firm: 'tongda', machine: 'main/foundry/f1/furnace', measure: 'temp_c' },
  { firm: 'jinwan', machine: 'main/machining/l1/lathe-07', measure: 'power_kw' },
]

export type Commit = { readonly commit: number; readonly at: number; readonly readings: readonly Reading[] }

export function* journalOf(commits: number): Generator<Commit> {
  let before: Reading[] = []
  for (let commit = 1; commit <= commits; commit++) {
    const at = START + commit * 5000
    const readings = JOURNAL_SERIES.flatMap((series, i): Reading[] => {
      if (i === 4 && commit % 7 !== 0) return []
      const late = i === 3 ? 600_000 : 0
      return [{ series, ts: at - late - i, value: ((commit * (i + 3)) % 97) / 10 }]
    })
    yield { commit, at, readings: commit % 3 === 0 ? [...readings, ...before] : readings }
    before = readings
  }
}
