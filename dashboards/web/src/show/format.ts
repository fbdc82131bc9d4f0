/**
 * Every number and time as it is shown. Asia/Shanghai always, a space before unit and %, U+2212 for minus, `—` for null.
 * Shown: 1,738 · −2.49 · 97.2 % · 14:32:06 · 11-24 14:32 · 46 分 06 秒 · 0.8 秒前
 */
import { DAY, HOUR, type Instant, type Millis, MINUTE, SECOND, SHANGHAI_OFFSET } from '#domain/time.ts'

export type Lang = 'zh' | 'en'
export const NOTHING = '—'

/** Grouped by thousands with a fixed number of decimals; a true 0 is shown as 0, never as −0. */
export function formatNumber(value: number | null | undefined, digits = 0): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING
  const [whole, part] = Math.abs(value).toFixed(digits).split('.') as [string, string?]
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, ',')
  const text = part === undefined ? grouped : `${grouped}.${part}`
  return value < 0 && /[1-9]/.test(text) ? `\u2212${text}` : text
}

/** Decimals of a measure: those of its resolution, at most 3. `scale` is steps per unit. */
export const digitsOf = (scale: number): number => Math.min(3, Math.max(0, Math.round(Math.log10(scale))))

/** Power in kW: two decimals below 10, one below 1,000, then none. */
export function formatPower(kw: number | null): string {
  if (kw === null) return NOTHING
  const size = Math.abs(kw)
  return formatNumber(kw, size < 10 ? 2 : size < 1000 ? 1 : 0)
}

/** A share 0..1 as per cent. Never rounds up to 100.0 what is not whole. */
export function formatShare(share: number | null, digits = 1): string {
  if (share === null) return NOTHING
  const factor = 10 ** digits
  const percent = share < 1 ? Math.min(share * 100, 100 - 1 / factor) : share * 100
  return formatNumber(percent, digits)
}

/** Decimals that leave three figures. */
const threeFigures = (value: number): number => (value < 9.995 ? 2 : value < 99.95 ? 1 : 0)

/**
 * Money of whole fen: `17.02 元` · `1,738 元` · `46.0 万元` · `1.30 亿元`, in English `¥1,738` · `¥460k` · `¥4.60 M`. What is large keeps
 * three figures.
 */
export function formatMoney(fen: number | null, lang: Lang): string {
  if (fen === null) return NOTHING
  const yuan = Math.abs(fen) / 100
  const of = (unit: number, zh: string, en: string): string => {
    const text = formatNumber(yuan / unit, unit === 1 ? (yuan < 99.995 ? 2 : 0) : threeFigures(yuan / unit))
    return lang === 'zh' ? `${text} ${zh}` : `¥${text}${en}`
  }
  const [wan, yi] = lang === 'zh' ? [1e4, 1e8] : [1e3, 1e6]
  const text =
    yuan < 9999.5 ? of(1, '元', '') : yuan < yi - yi / 2000 ? of(wan, '万元', 'k') : of(yi, '亿元', ' M')
  return fen < 0 && /[1-9]/.test(text) ? `\u2212${text}` : text
}

/** Fen as yuan with two decimals, for a column that is summed. */
export const formatYuan = (fen: number | null): string => formatNumber(fen === null ? null : fen / 100, 2)

/** `1` is a count of pieces; everything else is shown as written. */
export const unitWord = (unit: string, lang: Lang): string =>
  unit === '1' ? (lang === 'zh' ? '件' : 'pcs') : unit

const pad = (value: number): string => String(value).padStart(2, '0')
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const shanghai = (at: Instant): Date => new Date(at + SHANGHAI_OFFSET)

/** `14:32:06` */
export function formatClock(at: Instant | null): string {
  if (at === null) return NOTHING
  const time = shanghai(at)
  return `${pad(time.getUTCHours())}:${pad(time.getUTCMinutes())}:${pad(time.getUTCSeconds())}`
}

/** `14:32:06.812` */
export const formatClockMs = (at: Instant): string =>
  `${formatClock(at)}.${String(shanghai(at).getUTCMilliseconds()).padStart(3, '0')}`

/** `14:32` */
export const formatMinute = (at: Instant): string => formatClock(at).slice(0, 5)

/** `11-24` · `24 Nov` */
export function formatDay(at: Instant, lang: Lang): string {
  const time = shanghai(at)
  return lang === 'zh'
    ? `${pad(time.getUTCMonth() + 1)}-${pad(time.getUTCDate())}`
    : `${time.getUTCDate()} ${MONTHS[time.getUTCMonth()]}`
}

/** `11-24 14:32` · `24 Nov 14:32` */
export const formatMoment = (at: Instant | null, lang: Lang): string =>
  at === null ? NOTHING : `${formatDay(at, lang)} ${formatMinute(at)}`

/** `14:32` when it is the same day in Shanghai, else `11-23 14:32`. */
export const formatRecent = (at: Instant | null, now: Instant, lang: Lang): string =>
  at !== null && startOfDay(at) === startOfDay(now) ? formatMinute(at) : formatMoment(at, lang)

/** Midnight in Shanghai at or before an instant. */
export const startOfDay = (at: Instant): Instant =>
  Math.floor((at + SHANGHAI_OFFSET) / DAY) * DAY - SHANGHAI_OFFSET

/** Minutes after midnight as `08:00`; past 24:00 it begins again. */
export const formatMinuteOfDay = (minutes: number): string =>
  `${pad(Math.floor(minutes / 60) % 24)}:${pad(minutes % 60)}`

const UNITS = {
  zh: { d: ' 天', h: ' 时', m: ' 分', s: ' 秒', ms: ' 毫秒', ago: '前' },
  en: { d: ' d', h: ' h', m: ' min', s: ' s', ms: ' ms', ago: ' ago' },
} as const

/** `38 秒` · `46 分 06 秒` · `2 时 54 分` · `3 天 4 时` */
export function formatSpan(span: Millis, lang: Lang): string {
  const unit = UNITS[lang]
  const time = Math.max(0, span)
  if (time < MINUTE) return `${Math.floor(time / SECOND)}${unit.s}`
  if (time < HOUR)
    return `${Math.floor(time / MINUTE)}${unit.m} ${pad(Math.floor((time % MINUTE) / SECOND))}${unit.s}`
  if (time < DAY) return `${Math.floor(time / HOUR)}${unit.h} ${Math.floor((time % HOUR) / MINUTE)}${unit.m}`
  return `${Math.floor(time / DAY)}${unit.d} ${Math.floor((time % DAY) / HOUR)}${unit.h}`
}

/** One unit only: `38 秒` · `12 分` · `2 时 54 分` · `3 天` */
export function formatSpanShort(span: Millis, lang: Lang): string {
  const time = Math.max(0, span)
  if (time < MINUTE) return formatSpan(time, lang)
  if (time < HOUR) return `${Math.floor(time / MINUTE)}${UNITS[lang].m}`
  return time < DAY ? formatSpan(time, lang) : `${Math.floor(time / DAY)}${UNITS[lang].d}`
}

/** A length that somebody chose: `30 分钟` · `4 小时` · `7 天` */
export function formatWindow(span: Millis, lang: Lang): string {
  const [count, zh, en] =
    span >= 2 * DAY
      ? [span / DAY, '天', 'd']
      : span >= HOUR
        ? [span / HOUR, '小时', 'h']
        : span >= MINUTE
          ? [span / MINUTE, '分钟', 'min']
          : [span / SECOND, '秒', 's']
  return `${formatNumber(count, Number.isInteger(count) ? 0 : 1)} ${lang === 'zh' ? zh : en}`
}

/** Age of a value or a frame: `0.8 秒前` below 10 s, then whole. */
export function formatAge(age: Millis, lang: Lang): string {
  const { s, ago } = UNITS[lang]
  return age < 10 * SECOND
    ? `${(Math.max(0, age) / SECOND).toFixed(1)}${s}${ago}`
    : `${formatSpan(age, lang)}${ago}`
}

/** A latency: `22 毫秒` · `1.84 秒`; the number and its unit apart, because they are set in two sizes. */
export function latencyParts(ms: number | null, lang: Lang): readonly [string, string] {
  if (ms === null) return [NOTHING, '']
  return ms < SECOND
    ? [formatNumber(ms), UNITS[lang].ms.trim()]
    : [formatNumber(ms / SECOND, ms < 100 * SECOND ? 2 : 0), UNITS[lang].s.trim()]
}

/** What a `datetime-local` input holds, read as Shanghai time; null when it is empty or broken. */
export function parseLocalInput(text: string): Instant | null {
  const at = Date.parse(`${text.length === 16 ? `${text}:00` : text}+08:00`)
  return Number.isFinite(at) ? at : null
}

/** The value of a `datetime-local` input for an instant. */
export const toLocalInput = (at: Instant): string => shanghai(at).toISOString().slice(0, 16)
