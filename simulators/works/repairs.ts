/** Failures and their repairs. */
import { HOUR, type Instant, MINUTE } from '#domain/time.ts'
import { around1, gamma1, waiting, wholeOf } from './chance.ts'
import { KINDS } from './data/machines.ts'
import type { Floor, FloorMachine } from './floor.ts'

export const faultReason = (m: FloorMachine): string => {
  const { faults } = KINDS[m.machine.kind]
  return faults[Number(m.state.repair?.order.slice(-2) ?? 0) % faults.length]!
}

/** A machine breaks down: a repair of lognormal length, parts of gamma cost. */
export function breakDown(floor: Floor, m: FloorMachine, at: Instant): void {
  const kind = KINDS[m.machine.kind]
  m.state.luck = waiting(m.luck)
  const hours = kind.mttrH * around1(m.luck, 0.63)
  const parts = Math.round(kind.parts * floor.p.parts * gamma1(m.luck, 2) * 1e6)
  const order = `MO-${floor.state.date}-${m.machine.name}-${wholeOf(m.luck, 10, 99)}`
  m.state.repair = { order, parts, hours }
  m.state.repairMs = Math.max(MINUTE, Math.round(hours * HOUR))
  m.failedAt = at
  floor.events.push({
    at,
    machine: m.machine.name,
    body: { type: 'maintenance', work_order: order, kind: 'corrective', phase: 'start' },
  })
}

export function repaired(floor: Floor, m: FloorMachine, at: Instant): void {
  const { order, parts, hours } = m.state.repair!
  m.maintenance.push({ from: m.failedAt, at, kind: 'corrective', order, hours, parts })
  m.state.repair = null
  m.state.repairMs = 0
  floor.events.push({
    at,
    machine: m.machine.name,
    body: {
      type: 'maintenance',
      work_order: order,
      kind: 'corrective',
      phase: 'end',
      parts_yuan: Math.round(parts / 1e4) / 100,
    },
  })
}
