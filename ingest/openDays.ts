/**
 * The production days that are not all settled: of each shift which machines' panes have to be made, when it was last touched, and why
 * it is open again. The journal alone moves it, and it is stored with the ledger's cursor: a kill at any point leads to the same
 * panes and settlements.
 */
import { DAY, MINUTE, type Instant, type Millis } from '#domain/time.ts'
import type { Span } from '#domain/accounting/span.ts'
import type { OpenDayRow, SettledRow } from '#store/ledger/changes.ts'
import type { LedgerWriter } from '#store/ledger/writer.ts'
import type { Almanac, DayPart, ProductionDay } from '#domain/accounting/almanac.ts'

/** accounting: a shift settles when nothing has touched it for this long. */
export const QUIET: Millis = MINUTE
/** A register that was not heard for longer grows in no day between; an event that lasts longer is over. */
export const REACH: Millis = 31 * DAY

/** Every shift that a plant may have, and what lies outside of them. */
const SHIFTS: readonly (number | null)[] = [null, 0, 1, 2, 3, 4, 5]

/** Why a settled shift is opened again. */
export type Reason = 'late_data' | 'correction' | 'plant_changed' | 'record_changed' | 'recompute'

export type OpenPart = {
  readonly part: DayPart
  /** As which it settles next. */
  revision: number
  open: boolean
  /** Monotonic journal clock. */
  touched: Millis
  reason: Reason | null
  /** Machines whose panes have to be made. */
  dirty: Set<string>
}

export type OpenDay = {
  readonly day: ProductionDay
  readonly parts: readonly OpenPart[]
  /** Parts that are being settled. */
  due: OpenPart[]
}

/** [shift, touched, reason, dirty machines or null for all] of each open part; shifts that are being settled. */
type Stored = {
  readonly parts: readonly [number | null, Millis, Reason | null, readonly string[] | null][]
  readonly due: readonly (number | null)[]
}

type SettledOf = (day: string, shift: number | null) => SettledRow | null

export class OpenDays {
  readonly #almanac: Almanac
  readonly #settledOf: SettledOf
  /** By date. */
  readonly #days = new Map<string, OpenDay>()
  /** Dates of days that are settled. */
  readonly #settled: Set<string>
  /** Date of the newest day that is open or settled: what has a say for longer concerns none after it. */
  #newest = ''
  readonly #changed = new Set<string>()
  /** Hears that a machine's panes change from an instant on. */
  onTouch: (machine: string, from: Instant) => void = () => undefined

  /** `settledOf`: newest settlement, those not yet in the ledger included. */
  constructor(almanac: Almanac, ledger: LedgerWriter, settledOf: SettledOf) {
    this.#almanac = almanac
    this.#settledOf = settledOf
    this.#settled = new Set(ledger.panes.settledDays())
    for (const day of this.#settled) if (day > this.#newest) this.#newest = day
    for (const { day, state } of ledger.openDays()) this.#load(day, JSON.parse(state) as Stored)
  }

  #load(date: string, { parts, due }: Stored): void {
    const day = this.#almanac.day(date)
    const open = this.#create(
      day,
      0,
      parts.map(([shift]) => shift),
    )
    for (const one of open.parts) {
      const stored = parts.find(([shift]) => shift === one.part.shift)
      one.open = stored !== undefined
      one.dirty = new Set()
      if (!stored) continue
      const [, touched, reason, dirty] = stored
      Object.assign(one, { touched, reason, dirty: new Set(dirty ?? pathsOf(day)) })
    }
    open.due = open.parts.filter(({ part }) => due.includes(part.shift))
  }

  /** Whether something was ever heard of the production day that holds an instant. */
  isKnown(instant: Instant): boolean {
    const { day } = this.#almanac.at(instant)
    return this.#days.has(day) || this.#settled.has(day)
  }

  /** Days that hold part of a stretch and are settled, be it in part. */
  settledIn({ from, to }: Span): string[] {
    const dates: string[] = []
    for (let day = this.#almanac.at(from); day.from < to; day = this.#almanac.dayAfter(day))
      if (this.#settled.has(day.day)) dates.push(day.day)
    return dates
  }

  /** Open days, the oldest first. */
  list(): OpenDay[] {
    return [...this.#days.values()].toSorted((a, b) => a.day.from - b.day.from)
  }

  /** The open day that holds an instant, or null. */
  at(instant: Instant): OpenDay | null {
    return this.#days.get(this.#almanac.at(instant).day) ?? null
  }

  /** Is a shift of a day open, or being settled? */
  isOpen(date: string, shift: number | null): boolean {
    const open = this.#days.get(date)
    return (
      open?.parts.some((one) => one.part.shift === shift && (one.open || open.due.includes(one))) ?? false
    )
  }

  /**
   * Something of a machine came that changes its panes in `span`, both ends inside. Days that hold part of `own` are opened; of
   * others only those that are open or settled are concerned: nothing is made of what was never heard of.
   */
  touch(machine: string, span: Span, own: Span, mono: Millis, reason: Reason): void {
    const from = Math.max(span.from, own.from - REACH)
    const to = Math.min(span.to, own.to + REACH)
    this.onTouch(machine, span.from)
    if (from > span.from) this.#touchDay(this.#almanac.at(span.from), machine, span, own, mono, reason)
    let day = this.#almanac.at(from)
    while (day.from <= to && (day.from <= own.to || day.day <= this.#newest)) {
      this.#touchDay(day, machine, { from, to }, own, mono, reason)
      // the next day begins where this one ends; mostly it is not looked for
      if (day.to > to || (day.to > own.to && day.day >= this.#newest)) return
      day = this.#almanac.dayAfter(day)
    }
  }

  #touchDay(
    day: ProductionDay,
    machine: string,
    { from, to }: Span,
    own: Span,
    mono: Millis,
    reason: Reason,
  ): void {
    let open = this.#days.get(day.day)
    if (!open) {
      const isOwn = day.from <= own.to && own.from < day.to
      if (!isOwn && !this.#settled.has(day.day)) return
      if (!day.parts.some((part) => touches(part, from, to))) return
      open = this.#create(day, mono)
    }
    for (const one of open.parts) {
      if (!touches(one.part, from, to)) continue
      one.open = true
      one.touched = mono
      one.dirty.add(machine)
      if (one.revision > 0) one.reason ??= reason
      this.#changed.add(day.day)
    }
  }

  /**
   * Parts that were never settled are open with every machine, settled ones closed. A shift that has panes and that the day no longer
   * has (`shifts`, or one that was settled) keeps a part without any time, which leaves its panes empty.
   */
  #create(day: ProductionDay, mono: Millis, shifts: readonly (number | null)[] = []): OpenDay {
    const settled = SHIFTS.filter((shift) => this.#settledOf(day.day, shift) !== null)
    const gone = [...new Set([...settled, ...shifts])]
      .filter((shift) => !day.parts.some((part) => part.shift === shift))
      .map((shift): DayPart => ({ shift, from: day.from, to: day.from, spans: [] }))
    const parts = [...day.parts, ...gone].map((part): OpenPart => {
      const last = this.#settledOf(day.day, part.shift)
      const dirty = new Set(last ? [] : pathsOf(day))
      return { part, revision: (last?.revision ?? -1) + 1, open: !last, touched: mono, reason: null, dirty }
    })
    const open: OpenDay = { day, parts, due: [] }
    this.#days.set(day.day, open)
    if (day.day > this.#newest) this.#newest = day.day
    this.#changed.add(day.day)
    return open
  }

  /** A plant is in force: days that go by it from now on are made anew. */
  plantChanged(mono: Millis): void {
    for (const { day: old } of this.list()) {
      const day = this.#almanac.day(old.day)
      if (day.plant !== old.plant) this.#remake(day, mono, 'plant_changed')
    }
  }

  /** What the panes of days go by, open or settled, from an instant on; see `recordsChanged`. */
  shapesFrom(since: Instant): ReadonlyMap<string, string> {
    const dates = [...new Set([...this.#settled, ...this.#days.keys()])].toSorted()
    const days = dates.map((date) => this.#days.get(date)?.day ?? this.#almanac.day(date))
    return new Map(
      days.filter(({ from }) => from >= since).map((day) => [day.day, this.#almanac.shapeOf(day)]),
    )
  }

  /** Records say when the plant works: days that come out differently than `shapes` are made anew. */
  recordsChanged(shapes: ReadonlyMap<string, string>, mono: Millis): void {
    for (const [date, shape] of shapes) {
      const day = this.#almanac.day(date)
      if (this.#almanac.shapeOf(day) !== shape) this.#remake(day, mono, 'record_changed')
    }
  }

  #remake(day: ProductionDay, mono: Millis, reason: Reason): void {
    const old = this.#days.get(day.day)?.parts ?? []
    this.#days.delete(day.day)
    const open = this.#create(
      day,
      mono,
      old.map(({ part }) => part.shift),
    )
    for (const one of open.parts) {
      one.open = true
      one.touched = mono
      one.dirty = new Set(pathsOf(day))
      if (one.revision > 0) one.reason ??= reason
    }
  }

  /** Whoever could not be heard, or touch, is not to be called silent or quiet: the times begin again. */
  restart(mono: Millis): void {
    for (const { day, parts } of this.#days.values()) {
      for (const one of parts) one.touched = mono
      this.#changed.add(day.day)
    }
  }

  /**
   * Time moved on. A day is due when nothing has touched its shifts that are over for a minute: those wait for each other, so that a day
   * that comes in whole is made once. `isOver`: have all machines told what they had to, up to an instant?
   */
  findDue(mono: Millis, isOver: (end: Instant) => boolean): void {
    for (const open of this.#days.values()) {
      const over = open.parts.filter((one) => one.open && isOver(one.part.to))
      const due = over.every(({ touched }) => mono - touched >= QUIET) ? over : []
      if (due.length === 0 && open.due.length === 0) continue
      open.due = due
      this.#changed.add(open.day.day)
    }
  }

  /** The oldest day that is being settled; null: none. One that was touched meanwhile has to wait again. */
  nextDue(mono: Millis): OpenDay | null {
    let next: OpenDay | null = null
    for (const open of this.#days.values()) {
      if (open.due.length === 0 || (next && next.day.from < open.day.from)) continue
      if (open.due.every(({ touched }) => mono - touched >= QUIET)) next = open
    }
    return next
  }

  /** The panes of a machine are made for these parts. */
  made({ day }: OpenDay, parts: readonly OpenPart[], machine: string): void {
    for (const one of parts) one.dirty.delete(machine)
    this.#changed.add(day.day)
  }

  /** The parts that were due are settled, these as a new revision. Whatever comes later opens them again. */
  settled(open: OpenDay, revised: readonly OpenPart[]): void {
    const { day, parts, due } = open
    for (const one of due) {
      one.open = false
      one.reason = null
    }
    for (const one of revised) one.revision++
    open.due = []
    this.#settled.add(day.day)
    this.#changed.add(day.day)
    if (parts.every((one) => !one.open)) this.#days.delete(day.day)
  }

  /** What changed since the last call, to be stored. */
  rows(): OpenDayRow[] {
    const rows = [...this.#changed].map((day) => ({ day, state: this.#stateOf(day) }))
    this.#changed.clear()
    return rows
  }

  #stateOf(date: string): string | null {
    const open = this.#days.get(date)
    if (!open) return null
    const all = pathsOf(open.day)
    const stored: Stored = {
      parts: open.parts
        .filter((one) => one.open)
        .map(({ part, touched, reason, dirty }) => {
          const isAll = dirty.size === all.length && all.every((path) => dirty.has(path))
          return [part.shift, touched, reason, isAll ? null : [...dirty]]
        }),
      due: open.due.map(({ part }) => part.shift),
    }
    return JSON.stringify(stored)
  }
}

const pathsOf = ({ plant }: ProductionDay): string[] => plant.machines.map(({ path }) => path)

/** An instant at the end of a part does not belong to it; what happens before does. */
const touches = ({ spans }: DayPart, from: Instant, to: Instant): boolean =>
  spans.some((span) => span.from <= to && from < span.to)
