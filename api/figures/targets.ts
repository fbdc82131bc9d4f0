/**
 * Targets of the dated records: u of the plant and of each line of the wall, of whole days (`u`, `line.power`) or of one shift of them
 * (`shift.0.u`, `shift.0.line.power`). A shift without targets of its own has none: what a day may cost says nothing of its night.
 */
import { LINES, type Line } from '#domain/accounting/elements/catalogue.ts'
import type { Book } from '#domain/accounting/records.ts'

/** Hundredths of a yuan per 100 yuan of output. */
export type Targets = { readonly u: number | null; readonly lines: ReadonlyMap<Line, number> }

const hundredths = (value: number): number => Math.round(value * 100)

/** `shift`: its index, null outside of all shifts, undefined of whole days. */
export function targetsOf(book: Book, shift?: number | null): Targets {
  if (shift === null) return { u: null, lines: new Map() }
  const of = shift === undefined ? '' : `shift.${shift}.`
  const u = book.find('target', `${of}u`)
  const lines = LINES.flatMap((line) => {
    const target = book.find('target', `${of}line.${line}`)
    return target ? [[line, hundredths(target.value)] as const] : []
  })
  return { u: u ? hundredths(u.value) : null, lines: new Map(lines) }
}
