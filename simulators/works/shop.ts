/**
 * One day on the floor: lots wait in a queue for each kind of machine, machines take them, set up, run cycle by cycle, fail and are
 * repaired. Everything happens in the order of time, so that nothing of an instant depends on what comes after it.
 */
import { HOUR, type Instant, MINUTE } from '#domain/time.ts'
import { around1, binomial, uniform } from './chance.ts'
import { BLAST, KINDS, TOOLS } from './data/machines.ts'
import { type Floor, type FloorMachine, NEVER, spend } from './floor.ts'
import { arrive, passOn } from './lots.ts'
import { oweAgain } from './orders.ts'
import { effectsAt, testReworkAt } from './processFaults.ts'
import { breakDown, faultReason, repaired } from './repairs.ts'
import { OPERATIONS, type Operation, productCode, routeOf } from './routing.ts'
import { type Job, keyOf } from './state.ts'
import { tellEnd, tellPiece, tellReject, tellRework, tellStart } from './worksEvents.ts'

const perPiece = (op: Operation, pieces: number): number =>
  op.kind === 'SB' ? (pieces * op.kg * BLAST.seconds) / BLAST.batchKg : op.seconds

/** Draws the next cycle: of one piece, or of a blast batch. */
function newCycle(floor: Floor, m: FloorMachine, job: Job, at: Instant): void {
  const op = OPERATIONS[job.op]!
  const kind = m.machine.kind
  const effects = effectsAt(floor.faults, m.machine.name, at)
  job.pieces = 1
  let extra = 0
  if (kind === 'SB') {
    job.pieces = Math.max(1, Math.min(job.left, Math.floor(BLAST.batchKg / op.kg + 1e-9)))
    const share = (floor.p.rework.SB ?? 0) * (effects.rework ?? 1)
    extra = binomial(m.results, job.pieces, Math.min(0.9, share))
    job.redo = false
  }
  job.extra = extra
  const seconds = perPiece(op, job.pieces + extra)
  const effectiveness = KINDS[kind].effectiveness + (floor.p.faster[kind] ?? 0)
  job.cycleMs = Math.max(
    1000,
    Math.round(((seconds * 1000) / effectiveness) * around1(m.cycles, 0.06) * (effects.cycle ?? 1)),
  )
  m.cycleFrom = at
}

/** The machine's next deed: go on with a repair, a set-up or a cycle. */
function goOn(floor: Floor, m: FloorMachine, at: Instant): void {
  const { state } = m
  if (state.repairMs > 0) {
    const { end, left } = spend(m, at, state.repairMs, 'FAULT', faultReason(m))
    state.repairMs = left
    m.next = end
    m.pending = 'repair'
    return
  }
  const job = state.job
  if (!job) return look(floor, m, at)
  const setting = job.setupMs > 0
  if (!setting && job.cycleMs <= 0) newCycle(floor, m, job, at)
  const wanted = setting ? job.setupMs : job.cycleMs
  const kind = KINDS[m.machine.kind]
  const mean = (kind.mtbfH * HOUR * floor.p.mtbf) / (effectsAt(floor.faults, m.machine.name, at).hazard ?? 1)
  const lucky = Math.max(1, Math.round(state.luck * mean))
  const fails = lucky < wanted
  const ms = fails ? lucky : wanted
  const { end, left } = spend(m, at, ms, setting ? 'SETUP' : 'RUN', null)
  const done = ms - left
  state.luck -= done / mean
  if (setting) job.setupMs -= done
  else job.cycleMs -= done
  m.next = end
  m.pending = fails ? 'failure' : setting ? 'setup' : 'cycle'
}

/** Takes a lot that waits for its kind, or waits itself. */
export function look(floor: Floor, m: FloorMachine, at: Instant): void {
  const queue = floor.state.queues[m.machine.kind]
  const lot = queue.shift()
  m.pending = null
  m.next = NEVER
  m.waitingSince = at
  if (!lot) return
  const route = routeOf(lot.product, lot.part)
  const op = route.boring?.step === lot.step ? route.boring.inside : route.steps[lot.step]!
  const { setupMin } = KINDS[m.machine.kind]
  const setupMs = setupMin === 0 ? 0 : Math.round(setupMin * MINUTE * around1(m.cycles, 0.25))
  m.state.job = {
    lot,
    op,
    left: lot.qty,
    good: 0,
    setupMs,
    cycleMs: 0,
    pieces: 1,
    extra: 0,
    redo: false,
    serial: null,
  }
  tellStart(floor.events, m.machine.name, at, lot, OPERATIONS[op]!, floor.p)
  goOn(floor, m, at)
}

/** The cycle is over: what came of the piece, and what follows. */
function finishCycle(floor: Floor, m: FloorMachine, at: Instant): void {
  const job = m.state.job!
  const op = OPERATIONS[job.op]!
  const { kind, name } = m.machine
  const effects = effectsAt(floor.faults, name, m.cycleFrom)
  wearTools(floor, m, at, effects.toolsStay === true)
  job.cycleMs = 0
  const made = { from: m.cycleFrom, at, op: op.id, order: job.lot.order, entered: job.redo ? 0 : 1 }
  const isBoring =
    op.kind === 'MC' && op.outside === 0 && routeOf(op.product, op.part).boring?.inside === op.id
  if (kind === 'SB') {
    job.left -= job.pieces
    job.good += job.pieces
    m.made.push({ ...made, good: job.pieces, scrap: 0, rework: job.extra, entered: job.pieces })
    if (job.extra > 0) tellRework(floor, m, at, op, job.lot.order, job.extra)
  } else {
    const scrap = Math.min(0.9, (floor.p.scrap[kind] ?? 0) * (effects.scrap ?? 1) + (effects.scrapAdd ?? 0))
    const test = kind === 'TE' ? testReworkAt(floor.faults, at) : 0
    const rework = Math.min(
      0.9,
      (floor.p.rework[kind] ?? 0) * (effects.rework ?? 1) + (effects.reworkAdd ?? 0) + test,
    )
    const fate = isBoring || job.redo ? 1 : uniform(m.results)
    if (fate < scrap) {
      job.left--
      m.made.push({ ...made, good: 0, scrap: 1, rework: 0 })
      floor.state.flows[keyOf(op.product, op.part)]!.scrapped++
      oweAgain(floor.state, op.product, op.part, false, 1)
      tellReject(floor, m, at, op, job.lot.order)
    } else if (fate < scrap + rework) {
      job.redo = true
      m.made.push({ ...made, good: 0, scrap: 0, rework: 1 })
      tellRework(floor, m, at, op, job.lot.order)
      return goOn(floor, m, at)
    } else {
      job.left--
      job.good++
      m.made.push({ ...made, good: 1, scrap: 0, rework: 0 })
      tellPiece(floor, m, at, op, job.lot.order)
    }
    job.redo = false
  }
  if (job.left > 0) return goOn(floor, m, at)
  finishOrder(floor, m, at, job)
  look(floor, m, at)
}

function finishOrder(floor: Floor, m: FloorMachine, at: Instant, job: Job): void {
  const op = OPERATIONS[job.op]!
  const { lot } = job
  const product = productCode(op.product)
  tellEnd(floor.events, m.machine.name, at, lot, op, job.good)
  if (m.machine.kind === 'PA')
    floor.events.push({
      at,
      machine: m.machine.name,
      body: { type: 'packed', order: lot.order, product, qty: job.good },
    })
  m.state.job = null
  lot.qty = job.good
  lot.step++
  passOn(floor, lot, at)
}

function wearTools(floor: Floor, m: FloorMachine, at: Instant, stay: boolean): void {
  const tools = TOOLS.filter(({ kind }) => kind === m.machine.kind)
  tools.forEach((tool, i) => {
    m.state.uses[i]! += 1
    if (stay || m.state.uses[i]! < m.state.due[i]!) return
    // the change comes at a whole cycle; what it is early or late is carried, so that the mean life is kept
    const early = m.state.due[i]! - m.state.uses[i]!
    m.state.uses[i] = 0
    const due = tool.life * floor.p.toolShare + Math.max(-1, early)
    m.state.due[i] = due
    m.changes[i]!.push({ at, due })
    floor.events.push({
      at,
      machine: m.machine.name,
      body: { type: 'tool_change', tool_type: tool.type, tool: `${tool.type}-${++floor.state.tools}` },
    })
  })
}

/** Runs the floor to the end of the day. `deeds` are what the foundry does at fixed instants. */
export function runFloor(
  floor: Floor,
  deeds: readonly { readonly at: Instant; readonly run: (at: Instant) => void }[],
): void {
  const { state, to } = floor
  const waitingDeeds = deeds.toSorted((a, b) => a.at - b.at)
  let deed = 0
  for (;;) {
    let at = to
    let machine: FloorMachine | null = null
    let arrival = -1
    for (let i = 0; i < state.arrivals.length; i++)
      if (state.arrivals[i]!.at < at) {
        at = state.arrivals[i]!.at
        arrival = i
      }
    const deedAt = waitingDeeds[deed]?.at ?? NEVER
    for (const m of floor.machines)
      if (m.next < at) {
        at = m.next
        machine = m
      }
    if (deedAt <= at && deedAt < to) waitingDeeds[deed++]!.run(deedAt)
    else if (machine) step(floor, machine, at)
    else if (arrival >= 0) arrive(floor, state.arrivals.splice(arrival, 1)[0]!.lot, at)
    else return
  }
}

export function step(floor: Floor, m: FloorMachine, at: Instant): void {
  switch (m.pending) {
    case 'cycle':
      return finishCycle(floor, m, at)
    case 'setup':
      return goOn(floor, m, at)
    case 'failure':
      breakDown(floor, m, at)
      return goOn(floor, m, at)
    case 'repair':
      repaired(floor, m, at)
      return goOn(floor, m, at)
    case 'look':
      return goOn(floor, m, at)
    case null:
      m.next = NEVER
  }
}
