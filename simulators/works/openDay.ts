/** What happens in the works on one day, before its registers are told: the floor, the furnace, the oven, the compressors. */
import { HOUR, type Instant } from '#domain/time.ts'
import { type Span, addDays, dayFactor, isOpen, shiftsOf, startOf } from './calendar.ts'
import { streamOf, uniform } from './chance.ts'
import { compressorStates } from './compressors.ts'
import { MACHINES, type MachineId, TOOLS } from './data/machines.ts'
import type { Parameters } from './data/retrofit.ts'
import { machinePower, piecesOf } from './energy.ts'
import { type Floor, type FloorMachine, floorMachine } from './floor.ts'
import { furnaceDay } from './foundry.ts'
import { ovenLoad } from './oven.ts'
import { type MachineHours, hoursOfMachine } from './hours.ts'
import { type Stretch, limited } from './loadControl.ts'
import { releaseOrders } from './orders.ts'
import type { ProcessFault } from './processFaults.ts'
import { fillDay } from './segments.ts'
import { runFloor } from './shop.ts'
import type { MachineState, WorksState } from './state.ts'
import type { DayTruth, MachineDay, Maintenance, WorksEvent } from './truthDay.ts'

const FLOOR_KINDS = new Set(['SB', 'LA', 'MC', 'GR', 'LP', 'AS', 'TE', 'PA'])

type Made = {
  readonly machines: Record<string, MachineDay>
  readonly receipts: DayTruth['receipts']
  readonly events: readonly WorksEvent[]
  /** Power of the furnace before load control. */
  readonly furnace: readonly Stretch[]
}

export function closedDay(state: WorksState, from: Instant, to: Instant): Made {
  const machines: Record<string, MachineDay> = {}
  for (const machine of MACHINES) {
    const segments = fillDay(from, to, [], null)
    machines[machine.name] = {
      machine,
      planned: [],
      scheduled: [],
      segments,
      made: [],
      maintenance: [],
      power: machinePower(state.seed, state.date, machine, segments, [], false),
      tools: toolsOf(machine, state.machines[machine.name]!, []),
    }
  }
  return { machines, receipts: [], events: [], furnace: [] }
}

/** The open day `days` open days later. */
function laterOpen(date: string, days: number): string {
  let found = date
  for (let n = 0; n < days;) {
    found = addDays(found, 1)
    if (isOpen(found)) n++
  }
  return found
}

export function openDay(
  state: WorksState,
  p: Parameters,
  faults: readonly ProcessFault[],
  from: Instant,
  to: Instant,
): Made {
  const { date, seed } = state
  const shifts = shiftsOf(date)
  releaseOrders(state, p)
  const toolsBefore = new Map(
    MACHINES.map(({ name }) => {
      const { uses, due } = state.machines[name]!
      return [name, { uses: [...uses], due: [...due] }]
    }),
  )
  const hours = new Map<string, MachineHours>()
  const all = MACHINES.map((machine): FloorMachine => {
    const own = hoursOfMachine(seed, machine, date, shifts, p)
    hours.set(machine.name, own)
    return floorMachine(state, machine, own.planned, own.present)
  })
  const byName = new Map(all.map((m) => [m.machine.name, m]))
  const second = laterOpen(date, 2)
  // who begins first in the morning differs from day to day, so that the work spreads over the machines of a kind
  const order = streamOf(seed, `turn/${date}`)
  const turn = new Map(all.map((m) => [m, uniform(order)]))
  const floor: Floor = {
    state,
    p,
    faults,
    machines: all
      .filter((m) => FLOOR_KINDS.has(m.machine.kind))
      .toSorted((a, b) => turn.get(a)! - turn.get(b)!),
    receipts: [],
    events: [],
    to,
    backFromOutside: (at) => startOf(second) + 1.25 * HOUR + (Math.floor(at / 1000) % 2400) * 1000,
    nextMorning: startOf(laterOpen(date, 1)) + HOUR / 2,
  }
  const furnace = byName.get('furnace-01')!
  const oven = byName.get('oven-01')!
  const furnaceStretches = furnaceDay(floor, furnace)
  const ovenPower: Stretch[] = []
  const loadAt = from + (p.ovenHour - 8) * HOUR
  preheat(p, dayFactor(date), oven, loadAt, ovenPower)
  runFloor(floor, [{ at: loadAt, run: (at) => ovenLoad(floor, oven, at, ovenPower) }])
  compressorStates(floor, byName, hours, p, to)
  const machines: Record<string, MachineDay> = {}
  for (const m of all) {
    const { machine } = m
    const own = hours.get(machine.name)!
    const segments = fillDay(from, to, m.segments, own)
    const power =
      machine.kind === 'HT'
        ? piecesOf(from, to, ovenPower)
        : machine.kind === 'CP' || machine.kind === 'FU'
          ? []
          : machinePower(seed, date, machine, segments, faults, true)
    machines[machine.name] = {
      machine,
      planned: own.planned,
      scheduled: own.scheduled,
      segments,
      made: m.made,
      maintenance: planned(own.pm, machine, date, m.maintenance, floor.events),
      power,
      tools: toolsOf(machine, toolsBefore.get(machine.name)!, m.changes),
    }
  }
  return { machines, receipts: floor.receipts, events: floor.events, furnace: furnaceStretches }
}

/** The furnace's power once everything else is known: under load control it gives way; in its own window it idles. */
export function furnacePower(
  made: Made,
  p: Parameters,
  machines: Readonly<Record<string, MachineDay>>,
  loads: DayTruth['loads'],
  { from, to }: Span,
): MachineDay['power'] {
  const others = [
    ...Object.values(machines)
      .filter(({ machine }) => machine.kind !== 'FU')
      .map(({ power }) => power),
    ...Object.values(loads),
  ]
  const stretches =
    p.limitKw === null ? made.furnace : limited(made.furnace, others, p.limitKw, p.furnaceKw * 1000)
  return piecesOf(from, to, withIdle(stretches, machines['furnace-01']!.planned))
}

/** Holding of the oven before its load, whether there is one or not. */
function preheat(p: Parameters, factor: number, oven: FloorMachine, loadAt: Instant, out: Stretch[]): void {
  const ms = Math.round(p.ovenPreheatH * factor * HOUR)
  if (ms <= 0) return
  const from = loadAt - ms
  oven.segments.push({
    from,
    to: loadAt,
    state: 'IDLE',
    reason: 'pre_heat',
    order: null,
    product: null,
    operation: null,
  })
  out.push({ from, to: loadAt, watts: 15_000 })
}

/** The furnace idles at 25 kW in its own window wherever it neither melts nor holds. */
function withIdle(stretches: readonly Stretch[], window: readonly Span[]): Stretch[] {
  const sorted = stretches.toSorted((a, b) => a.from - b.from)
  const out: Stretch[] = []
  for (const { from, to } of window) {
    let now = from
    for (const stretch of sorted) {
      if (stretch.to <= now) continue
      if (stretch.from >= to) break
      if (stretch.from > now) out.push({ from: now, to: stretch.from, watts: 25_000 })
      now = Math.max(now, stretch.to)
    }
    if (now < to) out.push({ from: now, to, watts: 25_000 })
  }
  return [...sorted, ...out].toSorted((a, b) => a.from - b.from)
}

/** Planned maintenance of the day is told and kept with the repairs. */
function planned(
  pm: Span | null,
  machine: MachineId,
  date: string,
  repairs: readonly Maintenance[],
  events: WorksEvent[],
): readonly Maintenance[] {
  if (!pm) return repairs
  const order = `PM-${date}-${machine.name}`
  const body = { type: 'maintenance', work_order: order, kind: 'preventive' }
  events.push({ at: pm.from, machine: machine.name, body: { ...body, phase: 'start' } })
  events.push({ at: pm.to, machine: machine.name, body: { ...body, phase: 'end' } })
  const done: Maintenance = {
    from: pm.from,
    at: pm.to,
    kind: 'preventive',
    order,
    hours: (pm.to - pm.from) / HOUR,
    parts: 0,
  }
  return [...repairs, done].toSorted((a, b) => a.at - b.at)
}

function toolsOf(
  machine: MachineId,
  before: Pick<MachineState, 'uses' | 'due'>,
  changes: FloorMachine['changes'],
): MachineDay['tools'] {
  return TOOLS.filter(({ kind }) => kind === machine.kind).map((tool, i) => ({
    type: tool.type,
    usedAtStart: before.uses[i]!,
    dueAtStart: before.due[i]!,
    changes: changes[i] ?? [],
  }))
}
