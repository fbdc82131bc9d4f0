/**
 * One production day of the works, 08:00 to 08:00: a pure, seeded function from what the works was to what it is and what truly
 * happened. `simulateDay(state, plan)` with the same state and plan gives the same truth, byte for byte.
 */
import { DAY, HOUR } from '#domain/time.ts'
import { airDay, gasDay, steadyFlow, weatherOf } from './air.ts'
import { addDays, isOpen, shiftsOf, startOf, yearOfDate } from './calendar.ts'
import { MEDIA } from './data/drivers.ts'
import type { LoadName } from './data/energy.ts'
import { MACHINES } from './data/machines.ts'
import type { Parameters } from './data/retrofit.ts'
import { energyAt, loadPower } from './energy.ts'
import { closedDay, furnacePower, openDay } from './openDay.ts'
import { signEvents, workersOf } from './people.ts'
import type { ProcessFault } from './processFaults.ts'
import { registersAfter } from './registers.ts'
import { type Scenario, parametersOn } from './scenarios.ts'
import { type WorksState, emptyWorks } from './state.ts'
import type { DayTruth } from './truthDay.ts'

/** What is asked of a day besides what the works is. */
export type DayPlan = { readonly parameters: Parameters; readonly faults?: readonly ProcessFault[] }

/** Moves the works on by the production day `works.date`. `works` itself is left as it is. */
export function simulateDay(
  works: WorksState,
  plan: DayPlan,
): { readonly truth: DayTruth; readonly next: WorksState } {
  const state = structuredClone(works)
  const { date, seed } = state
  const p = plan.parameters
  const faults = plan.faults ?? []
  const from = startOf(date)
  const to = from + DAY
  const open = isOpen(date)
  const shifts = shiftsOf(date)
  const made = open ? openDay(state, p, faults, from, to) : closedDay(state, from, to)
  const { machines, receipts, events } = made
  const times = { date, from, to }
  const list = MACHINES.map(({ name }) => machines[name]!)
  const air = airDay(times, list, shifts, p, faults, open)
  machines['compressor-01'] = { ...machines['compressor-01']!, power: air.power[0] }
  machines['compressor-02'] = { ...machines['compressor-02']!, power: air.power[1] }
  const load = (name: LoadName) => loadPower(name, date, from, to, shifts, open)
  const loads: DayTruth['loads'] = {
    cooling: load('cooling'),
    moulding: load('moulding'),
    lighting: load('lighting'),
    ventilation: load('ventilation'),
    office: load('office'),
  }
  const furnace = machines['furnace-01']!
  machines['furnace-01'] = { ...furnace, power: furnacePower(made, p, machines, loads, times) }
  const gas = gasDay(seed, times, machines['paint-01']!, p, faults, open)
  const workers = open ? workersOf(shifts, p) : []
  const overtimeDays = yearOfDate(date).overtime
  const month = date.slice(0, 7)
  const before = state.peak.month === month ? state.peak.watts : 0
  const unsorted = [...events, ...signEvents(workers)]
  const truth: DayTruth = {
    ...times,
    open,
    seed,
    parameters: p,
    faults,
    machines,
    loads,
    receipts,
    events: unsorted.toSorted((a, b) => a.at - b.at),
    workers,
    overtimeHours: overtimeDays.has(date) ? p.overtime / overtimeDays.size : 0,
    air: air.flow,
    paintGas: gas.paint,
    gas: gas.all,
    water: steadyFlow(times, shifts, MEDIA.waterM3, open),
    nitrogen: steadyFlow(times, shifts, MEDIA.nitrogenNm3, open),
    weather: weatherOf(seed, date),
    registers: works.registers,
    peak: { before, after: before },
  }
  const watts = Math.max(before, quarterPeak(truth))
  const done: DayTruth = { ...truth, peak: { before, after: watts } }
  state.peak = { month, watts }
  state.registers = registersAfter(done)
  state.date = addDays(date, 1)
  return { truth: done, next: state }
}

/** Highest mean power of a quarter-hour at the main meter, W. */
function quarterPeak(day: DayTruth): number {
  let peak = 0
  let before = energyAt(day, 'm00', day.from)
  for (let at = day.from + HOUR / 4; at <= day.to; at += HOUR / 4) {
    const now = energyAt(day, 'm00', at)
    peak = Math.max(peak, (now - before) * 4)
    before = now
  }
  return Math.round(peak)
}

/** How many open days a works runs from full stores before its queues are those of a works that has run for years. */
const WARM_DAYS = 45

/** A works as it is on the morning of `date`, after a life before it. Some 45 simulated days: about a second. */
export function warmWorks(seed: number, date: string, scenario: Scenario, planted = true): WorksState {
  let start = date
  for (let open = 0; open < WARM_DAYS;) {
    start = addDays(start, -1)
    if (isOpen(start)) open++
  }
  let state = emptyWorks(seed, start)
  const registers = state.registers
  while (state.date < date)
    state = simulateDay(state, { parameters: parametersOn(scenario, state.date, planted) }).next
  return { ...state, registers }
}
