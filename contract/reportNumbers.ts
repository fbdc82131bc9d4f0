/** Numbers of printed reports: grouped by thousands, U+2212 for minus, money of whole fen, u of whole hundredths. */
import { HOUR, MINUTE, SHANGHAI_OFFSET, type Instant, type Millis } from '#domain/time.ts'
import { REPORT_WORDS, type ReportLang } from './reportWords.ts'

/** `1,738` · `−2.49`; a true 0 is 0, never −0. */
export function grouped(value: number, digits = 0): string {
  const [whole, part] = Math.abs(value).toFixed(digits).split('.') as [string, string?]
  const text = whole.replaceAll(/\B(?=(\d{3})+$)/g, ',') + (part === undefined ? '' : `.${part}`)
  return value < 0 && /[1-9]/.test(text) ? `\u2212${text}` : text
}

const signed = (text: string, value: number): string => (value > 0 ? `+${text}` : text)

/** Fen as yuan with both decimals. */
export const yuan = (fen: number, sign = false): string => {
  const text = grouped(fen / 100, 2)
  return sign ? signed(text, fen) : text
}
/** Hundredths of a yuan per 100 yuan: `91.37`, as a change `+0.54`. */
export const u2 = yuan

/** Milli-pieces as pieces. */
export const pieces = (milli: number): string => grouped(milli / 1000, milli % 1000 === 0 ? 0 : 1)

/** `{n} of {m}` with its values. */
export const fillIn = (text: string, values: Readonly<Record<string, string | number>>): string =>
  text.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))

const shanghai = (at: Instant): string => new Date(at + SHANGHAI_OFFSET).toISOString()
/** `14:32` in Asia/Shanghai */
export const clock = (at: Instant): string => shanghai(at).slice(11, 16)
/** `2026-11-24 14:32` */
export const moment = (at: Instant): string => `${shanghai(at).slice(0, 10)} ${clock(at)}`
export const hours = (ms: Millis, digits: number): string => grouped(ms / HOUR, digits)
/** A share in per cent: never 100.0 what is not whole. */
export const percent = (share: number | null, digits = 1): string =>
  share === null ? '—' : grouped(share < 1 ? Math.min(share * 100, 100 - 10 ** -digits) : 100, digits)

/** `38 分` · `2 时 54 分` */
export function lasted(ms: Millis, lang: ReportLang): string {
  const { h, min } = REPORT_WORDS[lang]
  const minutes = Math.round(ms / MINUTE)
  return minutes < 60 ? `${minutes} ${min}` : `${Math.floor(minutes / 60)} ${h} ${minutes % 60} ${min}`
}
