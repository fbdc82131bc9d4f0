/**
 * What a machine does: orders, set-up, cycles, failures, waits, breaks (semi-Markov). Pure; chance and memory live in the sim.
 * RUN ends with whichever comes first: the cycle, a failure, a stop for material, a wait for the operator. The last three have no
 * memory (exponential), so they are drawn anew for each stretch of running.
 */
import { HOUR, MINUTE, SECOND, type Instant } from '#domain/time.ts'
import { between, draw, exponential, oneOf, seedOf, spread, whole } from '../random.ts'
import { dutyAt } from './calendar.ts'
import type { SimItem } from '../item.ts'
import { jobOf, type MachineModel, type MachineSim } from './sim.ts'
import { tellCounts, tellState } from './tell.ts'

type Emit = (item: SimItem) => void

/** A dwell that only the calendar ends. */
const NEVER = 8_640_000_000_000_000
const STOP_EVERY_H = 3
const WAIT_EVERY_H = 1.6

/** Part of the running cycle that has passed, 0..1. */
export const phaseAt = (sim: MachineSim, at: Instant): number => {
  const passed = sim.state === 'RUN' ? at - sim.runSince : 0
  return Math.min(1, Math.max(0, 1 - (sim.cycleLeftMs - passed) / sim.cycleMs))
}

/** Puts a new machine into the middle of its work. */
export function begin(model: MachineModel, sim: MachineSim, now: Instant, emit: Emit): void {
  sim.tools = whole(sim, 1, 900)
  sim.toolUses = model.kind.tool ? whole(sim, 0, model.kind.tool.cycles - 1) : 0
  sim.serial = whole(sim, 100, 9000)
  startOrder(model, sim, now, emit)
  if (sim.order) sim.order.done = whole(sim, 0, Math.max(0, Math.floor(sim.order.planned * 0.8)))
  newCycle(model, sim)
  sim.cycleLeftMs = sim.cycleMs * between(sim, 0.1, 1)
  const fate = draw(sim)
  if (model.kind.setupMin === 0 || fate < 0.74) run(model, sim, now)
  else if (fate < 0.83)
    dwell(sim, 'SETUP', null, 'resume', now + minutes(model, sim, model.kind.setupMin * 0.5))
  else if (fate < 0.93) dwell(sim, 'IDLE', 'operator', 'resume', now + minutes(model, sim, 5))
  else if (fate < 0.97) dwell(sim, 'STOP', 'no_material', 'resume', now + minutes(model, sim, 5))
  else fail(model, sim, now, emit)
  keepDuty(model, sim, now, emit, true)
}

/** The dwell is over: what it was for happens, and the next one begins. */
export function finishStep(model: MachineModel, sim: MachineSim, at: Instant, emit: Emit): void {
  const before = `${sim.state} ${sim.reason}`
  switch (sim.next) {
    case 'cycle':
      finishCycle(model, sim, at, emit)
      break
    case 'fault':
      leaveRun(sim, at)
      fail(model, sim, at, emit)
      break
    case 'stop':
      leaveRun(sim, at)
      dwell(sim, 'STOP', 'no_material', 'resume', at + minutes(model, sim, between(sim, 4, 10)))
      break
    case 'wait':
      leaveRun(sim, at)
      dwell(sim, 'IDLE', 'operator', 'resume', at + minutes(model, sim, between(sim, 3, 8)))
      break
    case 'repair':
      maintenance(sim, at, 'end', emit)
      run(model, sim, at)
      if (sim.duty === 'pause') pauseWork(sim, at)
      break
    case 'setup':
      startOrder(model, sim, at, emit)
      newCycle(model, sim)
      dwell(sim, 'SETUP', null, 'resume', at + minutes(model, sim, spread(sim, model.kind.setupMin, 0.25)))
      break
    case 'resume':
      run(model, sim, at)
      break
  }
  if (`${sim.state} ${sim.reason}` !== before) tellState(model, sim, at, emit)
}

/** What the calendar asks from now on. Work that a break or the end of a shift cuts is held and taken up again. */
export function keepDuty(model: MachineModel, sim: MachineSim, at: Instant, emit: Emit, quiet = false): void {
  const { kind, index } = model
  const { shift, pause, until } = dutyAt(model.shifts, at)
  sim.dutyUntil = until
  const manned = shift === null ? 0 : (kind.manned[shift] ?? kind.manned.at(-1) ?? 0)
  const works = index < manned || model.shifts.length === 0
  const alone = kind.unmanned.state === 'RUN' && index < kind.unmanned.rest
  const wanted = !works ? (alone ? 'work' : 'rest') : pause && kind.unattended !== true ? 'pause' : 'work'
  sign(model, sim, at, works && !pause ? shift : works ? 'same' : null, emit)
  if (wanted === sim.duty) return
  sim.duty = wanted
  if (wanted === 'pause') {
    if (sim.state === 'FAULT') return // a repair goes on through the break
    pauseWork(sim, at)
  } else if (wanted === 'rest') {
    hold(sim, at)
    const rests = index < kind.unmanned.rest
    dwell(
      sim,
      rests ? kind.unmanned.state : 'OFF',
      rests ? (kind.unmanned.reason ?? null) : null,
      'resume',
      NEVER,
    )
  } else if (sim.held) {
    const { state, reason, next, leftMs } = sim.held
    sim.held = null
    if (state === 'RUN') run(model, sim, at)
    else dwell(sim, state, reason, next, at + Math.max(SECOND, leftMs))
  }
  if (!quiet) tellState(model, sim, at, emit)
}

function hold(sim: MachineSim, at: Instant): void {
  if (sim.held) return
  if (sim.state === 'RUN') leaveRun(sim, at)
  sim.held = { state: sim.state, reason: sim.reason, next: sim.next, leftMs: sim.endsAt - at }
}

function pauseWork(sim: MachineSim, at: Instant): void {
  hold(sim, at)
  dwell(sim, 'IDLE', 'break', 'resume', NEVER)
}

/** A pseudonymous worker signs on when the shift begins and off when it ends. */
function sign(
  model: MachineModel,
  sim: MachineSim,
  at: Instant,
  shift: number | 'same' | null,
  emit: Emit,
): void {
  if (shift === 'same' || model.kind.unattended === true) return
  const machines = [model.machine.path]
  const worker = shift === null ? null : `w-${100 + (seedOf(shift, model.machine.path) % 60)}`
  if (worker === sim.worker) return
  if (sim.worker !== null) event(at, { type: 'sign_off', worker: sim.worker, machines }, emit)
  if (worker !== null) event(at, { type: 'sign_on', worker, machines }, emit)
  sim.worker = worker
}

const event = (ts: Instant, body: SimItem['body'], emit: Emit) => emit({ class: 'event', ts, qos: 1, body })

const minutes = (model: MachineModel, sim: MachineSim, median: number): number =>
  Math.max(SECOND, (spread(sim, median, 0.2) * MINUTE) / model.speed)

function dwell(
  sim: MachineSim,
  state: MachineSim['state'],
  reason: string | null,
  next: MachineSim['next'],
  endsAt: Instant,
): void {
  Object.assign(sim, { state, reason, next, endsAt: Math.round(endsAt) })
}

function run(model: MachineModel, sim: MachineSim, at: Instant): void {
  if (sim.cycleLeftMs <= 0) newCycle(model, sim)
  sim.runSince = at
  const ways: readonly (readonly [MachineSim['next'], number])[] = [
    ['cycle', sim.cycleLeftMs],
    ['fault', exponential(sim, model.kind.mtbfH * HOUR) / model.speed],
    ['stop', model.kind.setupMin === 0 ? NEVER : exponential(sim, STOP_EVERY_H * HOUR) / model.speed],
    ['wait', model.kind.setupMin === 0 ? NEVER : exponential(sim, WAIT_EVERY_H * HOUR) / model.speed],
  ]
  const [next, after] = ways.reduce((first, way) => (way[1] < first[1] ? way : first))
  dwell(sim, 'RUN', null, next, at + Math.max(1, after))
}

function leaveRun(sim: MachineSim, at: Instant): void {
  sim.cycleLeftMs = Math.max(1, sim.cycleLeftMs - (at - sim.runSince))
}

function newCycle(model: MachineModel, sim: MachineSim): void {
  const { cycleS } = jobOf(model, sim.order)
  sim.cycleMs = Math.max(100, (spread(sim, cycleS, 0.06) * SECOND) / model.speed)
  sim.cycleLeftMs = sim.cycleMs
}

function fail(model: MachineModel, sim: MachineSim, at: Instant, emit: Emit): void {
  const reason = oneOf(sim, model.kind.faults)
  sim.workOrder = `mo-${whole(sim, 10_000, 99_999)}`
  maintenance(sim, at, 'start', emit)
  const repair = (spread(sim, model.kind.mttrH, 0.4) * HOUR) / model.speed
  dwell(sim, 'FAULT', reason, 'repair', at + repair)
}

function maintenance(sim: MachineSim, at: Instant, phase: 'start' | 'end', emit: Emit): void {
  const body = { type: 'maintenance', work_order: sim.workOrder ?? 'mo-0', kind: 'corrective', phase }
  event(at, phase === 'end' ? { ...body, parts_yuan: whole(sim, 5, 60) * 10 } : body, emit)
}

function startOrder(model: MachineModel, sim: MachineSim, at: Instant, emit: Emit): void {
  const job = whole(sim, 0, model.kind.jobs.length - 1)
  const { product, operation, lot, material } = model.kind.jobs[job]!
  sim.orders++
  const machine = model.machine.path.slice(model.machine.path.lastIndexOf('/') + 1)
  const id = `wo-${machine}-${String(sim.orders).padStart(4, '0')}`
  sim.order = { id, job, planned: lot, done: 0 }
  event(at, { type: 'order_start', order: id, product, operation, planned_qty: lot }, emit)
  if (material)
    event(
      at,
      {
        type: 'material_issue',
        order: id,
        material: material.name,
        qty: Math.round(material.perPiece * lot * 10) / 10,
        unit: material.unit,
        lot: `h-${whole(sim, 1000, 9999)}`,
      },
      emit,
    )
}

/** A cycle ends: a part or batch is counted, and its result told where the machine is the one that knows. */
function finishCycle(model: MachineModel, sim: MachineSim, at: Instant, emit: Emit): void {
  const { order } = sim
  sim.cycleLeftMs = 0
  if (order) {
    const { product, operation, mpa } = jobOf(model, order)
    const counted = ['good', 'heats', 'batches'].filter((name) => sim.registers[name] !== undefined)
    const scrapped = sim.registers['scrap'] !== undefined && draw(sim) < model.kind.scrap
    const failed = mpa !== undefined && !scrapped && draw(sim) < 0.033
    if (scrapped) {
      sim.registers['scrap']! += 1
      const reason = oneOf(sim, ['size', 'surface', 'porosity'])
      event(at, { type: 'reject', order: order.id, product, operation, qty: 1, reason }, emit)
    } else if (!failed) for (const name of counted) sim.registers[name]! += 1
    if (mpa !== undefined) {
      const serial = `${product}-${String(++sim.serial).padStart(5, '0')}`
      const leak = failed || scrapped ? between(sim, 2.5, 9) : between(sim, 0, 0.4)
      const result = failed || scrapped ? 'fail' : 'pass'
      const measured = {
        pressure_mpa: Math.round(mpa * between(sim, 0.995, 1.01) * 100) / 100,
        hold_s: product.startsWith('z') || product.startsWith('d') ? 60 : 15,
        leak_ml_min: Math.round(leak * 100) / 100,
      }
      event(at, { type: 'test_result', serial, order: order.id, product, result, ...measured }, emit)
      if (failed)
        event(
          at,
          { type: 'rework', order: order.id, product, operation, qty: 1, reason: 'leak', serial },
          emit,
        )
    }
    if (model.machine.kind === 'furnace') {
      const heat = `f-${String(++sim.serial).padStart(5, '0')}`
      event(
        at,
        { type: 'heat', heat, charge_kg: whole(sim, 690, 710), tapped_kg: whole(sim, 655, 680) },
        emit,
      )
    }
    if (counted.length > 0) {
      order.done++
      tellCounts(model, sim, at, emit)
    }
  }
  sim.toolUses++
  if (order && order.done >= order.planned) endOrder(model, sim, at, emit)
  else if (model.kind.tool && sim.toolUses >= model.kind.tool.cycles) changeTool(model, sim, at, emit)
  else run(model, sim, at)
}

function endOrder(model: MachineModel, sim: MachineSim, at: Instant, emit: Emit): void {
  const { id, planned } = sim.order!
  const { product, operation } = jobOf(model, sim.order)
  event(at, { type: 'order_end', order: id, product, operation, planned_qty: planned }, emit)
  if (model.machine.kind === 'paint') event(at, { type: 'packed', order: id, product, qty: planned }, emit)
  sim.order = null
  dwell(
    sim,
    'IDLE',
    'no_order',
    'setup',
    at + Math.max(SECOND, (exponential(sim, model.kind.waitMin) * MINUTE) / model.speed),
  )
}

function changeTool(model: MachineModel, sim: MachineSim, at: Instant, emit: Emit): void {
  sim.toolUses = 0
  sim.tools++
  const { type } = model.kind.tool!
  event(at, { type: 'tool_change', tool_type: type, tool: `${type}-${sim.tools}` }, emit)
  dwell(sim, 'IDLE', 'tool_change', 'resume', at + minutes(model, sim, 1.5))
}
