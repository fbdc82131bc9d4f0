/**
 * Panes are made and shifts settle, a little with each journal entry: one machine's day at a time, so that no import stalls what goes
 * on beside it and none is made twice. Everything goes by the journal's clock and order, so live and replay settle alike.
 */
import { hash as digest } from 'node:crypto'
import { panesOf } from '#domain/accounting/machinePanes.ts'
import type { ProductionDay } from '#domain/accounting/almanac.ts'
import { QUARTER, type Pane } from '#domain/accounting/pane.ts'
import { encodePanes, encodeSources } from '#domain/accounting/paneText.ts'
import { HOUR, MINUTE, SECOND, type Instant, type Millis } from '#domain/time.ts'
import type { MachineIndex } from '#domain/telemetry/check.ts'
import { isHistory } from '#domain/telemetry/quality.ts'
import type { JournalEntry } from '#store/journal/journal.ts'
import { factsOf } from './facts.ts'
import type { Firm } from './firm.ts'
import type { MachineMemory } from './machine.ts'
import type { OpenDay, OpenPart, Reason } from './openDays.ts'
import { putPanes } from './pending.ts'

/** accounting: a machine's own time is its newest ts, less this. */
const BEHIND: Millis = 30 * SECOND
/** accounting: a shift waits this long for what comes late, and for a machine that fell silent. */
const LATENESS: Millis = 30 * MINUTE
const LEAST_SILENCE: Millis = 2 * MINUTE
/** Machines' days made with a tick, when little else comes; with any other entry it is one. */
const WITH_TICK = 16

const sha256 = (text: string): string => digest('sha256', text, 'hex')

const watermarkOf = ({ now }: MachineMemory): Instant => now.evidenceTs - BEHIND

const patience = new WeakMap<MachineIndex, Millis>()

/** Silent for longer than this a machine is not waited for any more. */
function patienceOf(index: MachineIndex): Millis {
  const known = patience.get(index)
  if (known !== undefined) return known
  const { meter, statePeriodMs, measures } = index.machine
  const counts = measures.filter((measure) => measure.class === 'count').map(({ periodMs }) => periodMs)
  const period = Math.min(...counts, meter && counts.length > 0 ? Infinity : statePeriodMs)
  const longest = Math.max(LEAST_SILENCE, 3 * period) + LATENESS
  patience.set(index, longest)
  return longest
}

/** A tick: which days are due, whose open panes are an hour old. `restarted`: who could not be heard is not silent. */
export function moveTime(firm: Firm, restarted: boolean): void {
  const { mono, wall } = firm.clock
  if (restarted) {
    firm.days.restart(mono)
    for (const machine of firm.machines.values())
      if (machine.now.evidenceMono !== null) {
        machine.now.evidenceMono = mono
        firm.touch(machine)
      }
  }
  let frontier = wall
  for (const machine of firm.machines.values()) {
    const { index, now } = machine
    if (index === null || now.evidenceMono === null) continue
    if (mono - now.evidenceMono < patienceOf(index)) frontier = Math.min(frontier, watermarkOf(machine))
  }
  firm.days.findDue(mono, (end) => frontier >= end + LATENESS)
  firm.hourly = [...firm.machines.values()].filter((machine) => hourOf(firm, machine) > machine.now.panesTo)
}

/** The last full hour of a machine's own time; of one that tells history none. */
function hourOf({ clock }: Firm, machine: MachineMemory): Instant {
  const mark = watermarkOf(machine)
  if (machine.index === null || isHistory(clock.wall, mark)) return 0
  return Math.floor(mark / HOUR) * HOUR
}

/** Goes on with what is due. */
export function settle(firm: Firm, entry: JournalEntry, isTick: boolean): void {
  for (let left = isTick ? WITH_TICK : 1; left > 0; left--) {
    const open = firm.days.nextDue(firm.clock.mono)
    if (open) goOn(firm, open, entry)
    else {
      const machine = firm.hourly.pop()
      if (!machine) return
      makeOpenPanes(firm, machine)
    }
  }
}

function goOn(firm: Firm, open: OpenDay, entry: JournalEntry): void {
  const machine = open.due
    .find(({ dirty }) => dirty.size > 0)
    ?.dirty.values()
    .next().value
  if (machine === undefined) return settleParts(firm, open, entry)
  const parts = open.due.filter(({ dirty }) => dirty.has(machine))
  // first: should it fail, it fails once, and not with every entry that follows
  firm.days.made(open, parts, machine)
  makePanes(firm, open, parts, machine)
  if (open.due.every(({ dirty }) => dirty.size === 0)) settleParts(firm, open, entry)
}

/** Panes of the shift that runs, up to the last full hour: provisional, so that readers of the ledger have most of it. */
function makeOpenPanes(firm: Firm, machine: MachineMemory): void {
  const hour = hourOf(firm, machine)
  machine.now.panesTo = hour
  firm.touch(machine)
  const open = firm.days.at(hour - 1)
  const part = open?.parts.find(({ part: { spans } }) =>
    spans.some(({ from, to }) => from < hour && hour <= to),
  )
  if (open && part?.open && part.revision === 0) makePanes(firm, open, [part], machine.path, hour)
}

function makePanes(
  firm: Firm,
  { day }: OpenDay,
  parts: readonly OpenPart[],
  path: string,
  upTo: Instant = Infinity,
): void {
  const terms = firm.almanac.termsOf(day, path)
  if (!terms) return
  const from = Math.min(...parts.map(({ part }) => part.from))
  const to = Math.min(upTo, Math.max(...parts.map(({ part }) => part.to)))
  const span = { from, to }
  const panes = panesOf(terms, factsOf(firm, terms.machine, span), span, QUARTER)
  for (const { part, revision } of parts) {
    const { shift } = part
    const own = panes.filter((pane) => pane.shift === shift)
    const text = encodePanes(own)
    const hash = sha256(text)
    const key = { machine: path, length: QUARTER, day: day.day, shift }
    if (firm.paneHead(key)?.hash === hash) continue
    putPanes(firm.pending, { ...key, revision, hash, panes: text, sources: encodeSources(own) })
  }
}

/** The due shifts of a day settle: as revision 0, or as another one where something came out differently. */
function settleParts(firm: Firm, open: OpenDay, entry: JournalEntry): void {
  const { day } = open.day
  const revised = open.due.filter((one) => {
    const { shift } = one.part
    const hash = shiftHash(firm, day, shift)
    if (firm.settledOf(day, shift)?.hash === hash) return false
    const { revision, reason } = one
    const { receivedAt: at, offset } = entry
    firm.pending.settled.push({ day, shift, revision, at, offset, reason, hash })
    firm.event('shift.settled', at, offset, { day, shift, revision, hash, reason })
    return true
  })
  firm.days.settled(open, revised)
}

/** Other panes for settled shifts of a day, as a further revision. Returns the shifts that came out differently. */
export function replacePanes(
  firm: Firm,
  day: ProductionDay,
  shifts: readonly (number | null)[],
  made: ReadonlyMap<string, readonly Pane[]>,
  reason: Reason,
): (number | null)[] {
  return shifts.filter((shift) => {
    const revision = firm.settledOf(day.day, shift)!.revision + 1
    let changed = false
    for (const [machine, panes] of made) {
      const own = panes.filter((pane) => pane.shift === shift)
      const text = encodePanes(own)
      const hash = sha256(text)
      const key = { machine, length: QUARTER, day: day.day, shift }
      if (firm.paneHead(key)?.hash === hash) continue
      putPanes(firm.pending, { ...key, revision, hash, panes: text, sources: encodeSources(own) })
      changed = true
    }
    if (!changed) return false
    // it may be the hash with which it settled: then the rows were altered since
    const hash = shiftHash(firm, day.day, shift)
    const { at, offset } = firm
    firm.pending.settled.push({ day: day.day, shift, revision, at, offset, reason, hash })
    firm.event('shift.settled', at, offset, { day: day.day, shift, revision, hash, reason })
    return true
  })
}

/** SHA-256 over the machines' panes of a shift: a line for each, by path. */
function shiftHash(firm: Firm, day: string, shift: number | null): string {
  const lines = [...firm.machines.keys()].toSorted().flatMap((machine) => {
    const head = firm.paneHead({ machine, length: QUARTER, day, shift })
    return head ? [`${machine} ${head.hash}`] : []
  })
  return sha256(lines.join('\n'))
}
