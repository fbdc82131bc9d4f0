/** The corrections of a firm that stand, by machine, as facts of panes need them. The ledger has all that were ever made. */
import type { Corrections as Corrected, CountCorrection } from '#domain/accounting/facts.ts'
import type { Span } from '#domain/accounting/span.ts'
import { OPEN_FOR, type Override } from '#domain/telemetry/states.ts'
import type { CorrectionBody, CorrectionRow } from '#store/ledger/changes.ts'

type Standing = Pick<CorrectionRow, 'id' | 'machine' | 'from' | 'to'> & { readonly body: CorrectionBody }
type OfMachine = { overrides: Override[]; counts: (CountCorrection & { readonly id: number })[] }

const NONE: OfMachine = { overrides: [], counts: [] }

export class Corrections {
  readonly #machines = new Map<string, OfMachine>()
  #last = 0

  constructor(rows: readonly CorrectionRow[]) {
    for (const row of rows) this.add(row)
  }

  /** Id of the next one. */
  get next(): number {
    return this.#last + 1
  }

  add(row: Standing & Pick<CorrectionRow, 'withdraws'>): void {
    this.#last = row.id
    const { withdraws, body } = row
    if (withdraws !== null) this.#takeBack(withdraws)
    else if (body.kind === 'state') this.#of(row.machine).overrides.push(overrideOf(row, body))
    else if (body.kind !== 'reading')
      for (const { machine, ...count } of body.parts) this.#of(machine).counts.push({ ...count, id: row.id })
  }

  /** All that is said of a machine in a stretch, causes alone too. */
  overrides(machine: string, { from, to }: Span): Override[] {
    return (this.#machines.get(machine) ?? NONE).overrides.filter(
      (one) => one.from < to && (one.to ?? one.from + OPEN_FOR) > from,
    )
  }

  /** What panes of `span` are made with, whose states are known in `states`; undefined: nothing was corrected there. */
  factsOf(machine: string, span: Span, states: Span): Corrected | undefined {
    const own = this.#machines.get(machine)
    if (!own) return undefined
    const causes = this.overrides(machine, states)
    const overrides = causes.filter(({ state }) => state !== null)
    const counts = own.counts.filter(({ ts }) => ts >= span.from && ts < span.to)
    return causes.length + counts.length > 0 ? { overrides, causes, counts } : undefined
  }

  #of(machine: string): OfMachine {
    let own = this.#machines.get(machine)
    if (!own) this.#machines.set(machine, (own = { overrides: [], counts: [] }))
    return own
  }

  #takeBack(gone: number): void {
    for (const own of this.#machines.values()) {
      own.overrides = own.overrides.filter(({ id }) => id !== gone)
      own.counts = own.counts.filter(({ id }) => id !== gone)
    }
  }
}

export const overrideOf = (
  { id, from, to }: Pick<CorrectionRow, 'id' | 'from' | 'to'>,
  { state, cause }: Extract<CorrectionBody, { kind: 'state' }>,
): Override => ({ id, from, to, state, reason: cause })
