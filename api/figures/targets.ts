/** Targets of the dated records: u of the plant, and of each line of the wall. */
import { LINES, type Line } from '#domain/accounting/elements/catalogue.ts'
import type { Book } from '#domain/accounting/records.ts'

/** Hundredths of a yuan per 100 yuan of output. */
export type Targets = { readonly u: number | null; readonly lines: ReadonlyMap<Line, number> }

const hundredths = (value: number): number => Math.round(value * 100)

export function targetsOf(book: Book): Targets {
  const u = book.find('target', 'u')
  const lines = LINES.flatMap((line) => {
    const target = book.find('target', `line.${line}`)
    return target ? [[line, hundredths(target.value)] as const] : []
  })
  return { u: u ? hundredths(u.value) : null, lines: new Map(lines) }
}
