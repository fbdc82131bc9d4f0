/**
 * Cells of a table of records: what people write in a form, a spreadsheet or a CSV file, read into the whole numbers of
 * domain/accounting/records.ts and written back. Used by the api and by the page.
 * Valid:   `1,150.5`, `４.９`, `96.5%`, `2026/3/1`, `2026年3月1日`, `是`, `6/3` for two shifts
 * Invalid: `4,9` (a comma only parts thousands), `0.0000001` yuan, `=A1*2`, 31 February
 */
import { ELEMENT_IDS, type ElementId } from '#domain/accounting/elements/element.ts'

/** A cell as it was read. A date of a spreadsheet is midnight UTC of its day. */
export type Cell = string | number | boolean | Date | null

/** Why a cell is no value. */
export const CELL_FAULTS = [
  'missing',
  'not_a_number',
  'too_fine', // finer than the unit is kept
  'below_zero',
  'too_large',
  'not_whole',
  'bad_share', // of 0 to 1, or up to 100 %
  'bad_date',
  'bad_month',
  'bad_year',
  'unknown_choice',
  'unknown_element',
  'bad_text', // control or direction characters, blanks at its ends, over 200 characters
  'formula',
  'bad_list',
] as const
export type CellFault = (typeof CELL_FAULTS)[number]

export type CellRead = { readonly value: unknown } | { readonly fault: CellFault }

type Words = { readonly zh: string; readonly en: string }
export type CellKind =
  | 'text'
  | 'yuan'
  | 'signedYuan'
  | 'milli'
  | 'seconds'
  | 'count'
  | 'number'
  | 'share'
  | 'yesNo'
  | 'date'
  | 'month'
  | 'year'
  | 'element'
  /** One for each shift, `6/3`. */
  | 'counts'
  | 'yuans'
  /** `lathe; mill` */
  | 'names'
  /** `lathe 60%; mill 40%` */
  | 'shares'
  /** `material 1200000; labour 300000` */
  | 'amounts'
  /** `0;6` or `日;六` */
  | 'weekdays'
  | { readonly choice: Readonly<Record<string, Words>> }

const SCALES = {
  yuan: 1_000_000,
  signedYuan: 1_000_000,
  milli: 1000,
  seconds: 1000,
  share: 1_000_000,
} as const
const WEEKDAYS = '日一二三四五六'
const YES = ['是', 'y', 'yes', 'true', '1']
const NO = ['否', 'n', 'no', 'false', '0', '']
// characters that a reader cannot see, or that turn what follows around
// eslint-disable-next-line no-control-regex
const DECEPTIVE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/
const MOST = Number.MAX_SAFE_INTEGER

export const isBlank = (cell: Cell): boolean =>
  cell === null || (typeof cell === 'string' && cell.trim() === '')

const fault = (name: CellFault): CellRead => ({ fault: name })

/** Text of a cell, full-width letters and digits made plain. */
export function textOf(cell: Cell): string {
  if (cell === null) return ''
  if (cell instanceof Date) return cell.toISOString().slice(0, 10)
  return String(cell).normalize('NFKC').trim()
}

export function readCell(kind: CellKind, cell: Cell): CellRead {
  if (isBlank(cell)) return fault('missing')
  const text = textOf(cell)
  if (text.startsWith('=')) return fault('formula')
  return typeof kind === 'object' ? choiceOf(kind.choice, text) : READ[kind](text, cell)
}

type Simple = Exclude<CellKind, object>

const READ: Readonly<Record<Simple, (text: string, cell: Cell) => CellRead>> = {
  text: (text, cell) => plain(cell, text),
  yuan: (text) => scaled(text, SCALES.yuan, true),
  signedYuan: (text) => scaled(text, SCALES.signedYuan, false),
  milli: (text) => scaled(text, SCALES.milli, true),
  seconds: (text) => scaled(text, SCALES.seconds, true),
  count: countOf,
  number: (text) => {
    const read = numberOf(text)
    return read === null ? fault('not_a_number') : { value: read }
  },
  share: shareOf,
  yesNo: (text) => {
    const word = text.toLowerCase()
    if (YES.includes(word)) return { value: true }
    return NO.includes(word) ? { value: false } : fault('unknown_choice')
  },
  date: (text, cell) => {
    const date = dateOf(cell, text)
    return date === null ? fault('bad_date') : { value: date }
  },
  month: (text, cell) => {
    const month = monthOf(cell, text)
    return month === null ? fault('bad_month') : { value: month }
  },
  year: (text) => (/^20\d\d$/.test(text) ? { value: text } : fault('bad_year')),
  element: elementOf,
  counts: (text) => listOf(text.split('/'), countOf),
  yuans: (text) => listOf(text.split('/'), (one) => scaled(one.trim(), SCALES.yuan, true)),
  names: (text) => listOf(parts(text), (one) => plain(one, one)),
  weekdays: (text) => listOf(parts(text), weekdayOf),
  shares: (text) =>
    listOf(parts(text), (one) => pairOf(one, (name) => plain(name, name), shareOf, 'kind', 'sharePpm')),
  amounts: (text) =>
    listOf(parts(text), (one) =>
      pairOf(one, elementOf, (amount) => scaled(amount, SCALES.yuan, true), 'element', 'amount'),
    ),
}

const parts = (text: string): string[] =>
  text
    .split(/[;、\n]/)
    .map((one) => one.trim())
    .filter((one) => one !== '')

function listOf(texts: readonly string[], read: (text: string) => CellRead): CellRead {
  const values: unknown[] = []
  for (const text of texts) {
    const one = read(text)
    if ('fault' in one) return one.fault === 'missing' ? fault('bad_list') : one
    values.push(one.value)
  }
  return { value: values }
}

/** `lathe 60%` or `lathe: 0.6` */
function pairOf(
  text: string,
  first: (text: string) => CellRead,
  second: (text: string) => CellRead,
  name: string,
  amount: string,
): CellRead {
  const found = /^(.+?)[\s:=]+(\S+)$/.exec(text)
  if (!found) return fault('bad_list')
  const [a, b] = [first(found[1]!), second(found[2]!)]
  if ('fault' in a) return a
  return 'fault' in b ? b : { value: { [name]: a.value, [amount]: b.value } }
}

function countOf(text: string): CellRead {
  const read = numberOf(text.trim())
  if (read === null) return fault('not_a_number')
  if (!Number.isSafeInteger(read)) return fault('not_whole')
  return read < 0 ? fault('below_zero') : { value: read }
}

function plain(cell: Cell, text: string): CellRead {
  const own = typeof cell === 'string' ? cell.trim() : text
  if (/^[=+\-@\t\r]/.test(own)) return fault('formula')
  return DECEPTIVE.test(own) || own.length > 200 ? fault('bad_text') : { value: own }
}

/** Commas part thousands and nothing else. */
function numberOf(text: string): number | null {
  const bare = text.replace(/^[¥¥]\s*/, '')
  const whole = /^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(bare) ? bare.replaceAll(',', '') : bare
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,2})?$/i.test(whole)) return null
  const value = Number(whole)
  return Number.isFinite(value) ? value : null
}

function scaled(text: string, scale: number, unsigned: boolean): CellRead {
  const read = numberOf(text)
  if (read === null) return fault('not_a_number')
  if (unsigned && read < 0) return fault('below_zero')
  const steps = Math.round(read * scale)
  if (Math.abs(steps) > MOST) return fault('too_large')
  // what a binary fraction cannot say is no fineness
  return Math.abs(read * scale - steps) < 1e-6 * Math.max(1, Math.abs(read))
    ? { value: steps }
    : fault('too_fine')
}

function shareOf(text: string): CellRead {
  const percent = text.endsWith('%')
  const read = numberOf(percent ? text.slice(0, -1).trim() : text)
  if (read === null) return fault('not_a_number')
  const share = percent ? read / 100 : read
  return share < 0 || share > 1 ? fault('bad_share') : scaled(String(share), SCALES.share, true)
}

const isDate = (text: string): boolean => {
  const at = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text)
}

/** Days of a spreadsheet are counted from 30 December 1899. */
const EXCEL_ZERO = Date.UTC(1899, 11, 30)

function dateOf(cell: Cell, text: string): string | null {
  if (typeof cell === 'number')
    return Number.isInteger(cell) && cell > 36_000 && cell < 74_000
      ? new Date(EXCEL_ZERO + cell * 86_400_000).toISOString().slice(0, 10)
      : null
  const found = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(text)
  if (!found) return null
  const date = `${found[1]!}-${found[2]!.padStart(2, '0')}-${found[3]!.padStart(2, '0')}`
  return isDate(date) ? date : null
}

function monthOf(cell: Cell, text: string): string | null {
  const found = /^(20\d\d)[-/.年](\d{1,2})月?$/.exec(text)
  if (found && Number(found[2]) >= 1 && Number(found[2]) <= 12)
    return `${found[1]!}-${found[2]!.padStart(2, '0')}`
  const date = dateOf(cell, text)
  return date !== null && date.startsWith('20') && date.endsWith('-01') ? date.slice(0, 7) : null
}

function choiceOf(choice: Readonly<Record<string, Words>>, text: string): CellRead {
  const word = text.toLowerCase()
  const found = Object.entries(choice).find(([id, { zh, en }]) =>
    [id, zh, en].some((one) => one.toLowerCase() === word),
  )
  return found ? { value: found[0] } : fault('unknown_choice')
}

/** Names of the elements, those of the catalogue: people write them as well as the ids. */
export const ELEMENT_WORDS: Readonly<Record<ElementId, Words>> = {
  material: { zh: '直接材料', en: 'Direct material' },
  electricity: { zh: '电度电费', en: 'Electricity, energy charge' },
  demand: { zh: '基本电费', en: 'Electricity, basic charge' },
  power_factor: { zh: '功率因数调整', en: 'Power factor' },
  gas: { zh: '天然气', en: 'Natural gas' },
  media: { zh: '辅助介质', en: 'Compressed air and media' },
  labour: { zh: '直接人工', en: 'Direct labour' },
  machine_hour: { zh: '折旧机时', en: 'Machine-hour' },
  tooling: { zh: '刀具耗材', en: 'Tooling' },
  maintenance: { zh: '维修', en: 'Maintenance' },
  scrap: { zh: '废品与返工', en: 'Scrap and rework' },
  outsourcing: { zh: '外协', en: 'Outsourced processing' },
  quality: { zh: '质量', en: 'Quality' },
  overhead: { zh: '制造管理', en: 'Plant overhead' },
  retrofit: { zh: '改造自身', en: 'Retrofit' },
}

function elementOf(text: string): CellRead {
  const word = text.toLowerCase()
  const found = ELEMENT_IDS.find((id) => {
    const { zh, en } = ELEMENT_WORDS[id]
    return [id, zh, en.toLowerCase()].includes(word)
  })
  return found ? { value: found } : fault('unknown_element')
}

function weekdayOf(text: string): CellRead {
  const day = text.replace(/^(周|星期)/, '').replace('天', '日')
  const at = /^[0-6]$/.test(day) ? Number(day) : WEEKDAYS.indexOf(day)
  return at < 0 || day.length !== 1 ? fault('bad_list') : { value: at }
}

/** A number of steps without an exponent, and no zero at its end. */
export function decimal(steps: number, scale: number): string {
  const digits = Math.round(Math.log10(scale))
  const sign = steps < 0 ? '-' : ''
  const all = String(Math.abs(steps)).padStart(digits + 1, '0')
  const [whole, rest] = [all.slice(0, all.length - digits), all.slice(all.length - digits).replace(/0+$/, '')]
  return `${sign}${whole}${rest === '' ? '' : `.${rest}`}`
}

type Lang = 'zh' | 'en'
const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
const steps =
  (scale: number) =>
  (value: unknown): string =>
    decimal(value as number, scale)
const share = (value: unknown): string => `${decimal(value as number, 10_000)}%`
const listed = (value: unknown, write: (one: unknown) => string, by: string): string =>
  (value as readonly unknown[]).map(write).join(by)

const WRITE: Readonly<Record<Simple, (value: unknown, lang: Lang) => string>> = {
  text: asText,
  yuan: steps(SCALES.yuan),
  signedYuan: steps(SCALES.signedYuan),
  milli: steps(SCALES.milli),
  seconds: steps(SCALES.seconds),
  count: asText,
  number: asText,
  share,
  yesNo: (value, lang) => (lang === 'zh' ? (value ? '是' : '否') : value ? 'yes' : 'no'),
  date: asText,
  month: asText,
  year: asText,
  element: (value, lang) => ELEMENT_WORDS[value as ElementId][lang],
  counts: (value) => listed(value, asText, '/'),
  yuans: (value) => listed(value, steps(SCALES.yuan), '/'),
  names: (value) => listed(value, asText, '; '),
  weekdays: (value, lang) =>
    listed(value, (day) => (lang === 'zh' ? WEEKDAYS.charAt(day as number) : asText(day)), '; '),
  shares: (value) =>
    (value as readonly { kind: string; sharePpm: number }[])
      .map(({ kind, sharePpm }) => `${kind} ${share(sharePpm)}`)
      .join('; '),
  amounts: (value) =>
    (value as readonly { element: string; amount: number }[])
      .map(({ element, amount }) => `${element} ${decimal(amount, SCALES.yuan)}`)
      .join('; '),
}

/** As a person would write it, so that `readCell` reads the same value. */
export function writeCell(kind: CellKind, value: unknown, lang: Lang): string {
  if (value === undefined || value === null) return ''
  if (typeof kind === 'object') return kind.choice[asText(value)]?.[lang] ?? asText(value)
  return WRITE[kind](value, lang)
}
