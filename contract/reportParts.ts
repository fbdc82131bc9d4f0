/** What a printed report is made of: heads, tables of texts, notes. Valid: `{text: '91.09', form: 'strong'}`; a number is invalid. */

export type Cell = {
  readonly text: string
  readonly form?: 'strong' | 'soft' | 'dotted' | 'doubt' | 'mono'
}
export type Column = {
  readonly label: string
  /** Share of the table's width. */
  readonly width: number
  readonly right?: boolean
  /** Its cells are drawn: `share` 0 … 1 of the width, `change` −1 … 1 from the middle. */
  readonly bar?: 'share' | 'change'
}
export type Row = {
  readonly cells: readonly Cell[]
  readonly strong?: boolean
  readonly bar?: number | null
}
export type ReportTable = {
  readonly id: string
  readonly title: string
  readonly note: string
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
  /** Lines below it. */
  readonly foot: readonly string[]
}
export type Head = {
  readonly label: string
  readonly value: string
  readonly unit: string
  readonly provisional: boolean
  readonly lines: readonly string[]
}
export type Tag = { readonly text: string; readonly form: 'plain' | 'dotted' | 'doubt' }
export type Pair = { readonly label: string; readonly text: string; readonly mono?: boolean }

export type ReportText = {
  readonly brand: string
  readonly firm: string
  readonly simulated: string | null
  readonly page: string
  readonly title: string
  readonly shift: string
  readonly when: string
  readonly tags: readonly Tag[]
  readonly heads: readonly Head[]
  /** Left column, right column, and over both. */
  readonly left: readonly ReportTable[]
  readonly right: readonly ReportTable[]
  readonly notes: { readonly title: string; readonly pairs: readonly Pair[] }
  readonly below: readonly ReportTable[]
  readonly sign: readonly string[]
  readonly end: readonly Pair[]
}
