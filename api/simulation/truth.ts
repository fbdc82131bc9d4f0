/**
 * What really happened in a simulated plant beside what the product knows of it: states from the ledger, registers from the historian,
 * both asked for exactly the window, and the figures of a shift or day. What nothing is computed for is listed as truth only.
 */
import type { z } from 'zod'
import type { TruthComparison } from '#contract/rest.ts'
import type { FaultRow, TruthRow } from '#contract/local.ts'
import { courseOf, type Course } from '#domain/accounting/register.ts'
import { roleOf, type Role } from '#domain/accounting/measureRole.ts'
import {
  MACHINE_STATES,
  type Machine,
  type Measure,
  type Plant,
  type ShownState,
} from '#domain/plant/plant.ts'
import type { Swap } from '#domain/telemetry/counter.ts'
import { HOUR, type Instant, type Millis } from '#domain/time.ts'
import type { Ports } from '../ports.ts'
import {
  computedGrowth,
  computedState,
  countVerdicts,
  lineOf,
  NOT_KNOWN,
  sumOf,
  type Computed,
  type Line,
} from './compare.ts'
import { isOver, strikesFirm, strikesMachine } from './faults.ts'
import { compareFigures } from './figures.ts'

export type Window = { readonly from: Instant; readonly to: Instant }

/** Truth's name of a figure -> the register that counts it, and how many counted units (measureRole) make one of the truth's. */
const REGISTERS: Readonly<Record<string, { readonly role: Role; readonly per: number }>> = {
  'pieces.good': { role: 'good', per: 1000 },
  'pieces.scrap': { role: 'scrap', per: 1000 },
  'pieces.rework': { role: 'rework', per: 1000 },
  energy: { role: 'energy', per: 1 },
  reactive: { role: 'reactive', per: 1 },
  gas: { role: 'gas', per: 1 },
  water: { role: 'water', per: 1 },
  nitrogen: { role: 'nitrogen', per: 1 },
}
/** Rows of the truth that only say how to compare others. */
const OF_COMPARISON = /^(booking|unplaced)\./
/** Readings are looked for this far outside the window: one on each side of both ends is needed. */
const MARGIN: Millis = HOUR
const MAX_READINGS = 200_000
/** Historian questions at a time. */
const AT_ONCE = 8

/** Throws what the simulators' socket throws: a 409 for a window that the plant has not lived. */
export async function compareTruth(
  ports: Ports,
  firm: string,
  plant: Plant,
  window: Window,
): Promise<z.infer<typeof TruthComparison>> {
  const [ofMachines, ofPlant, faults] = await Promise.all([
    ports.simulators.truth(firm, window, 'machines'),
    ports.simulators.truth(firm, window, 'plant'),
    ports.simulators.faults(),
  ])
  const causes = causesIn(ports, firm, faults.running, window)
  const byScope = Map.groupBy(ofMachines, ({ scope }) => scope)
  const known = plant.machines.filter(({ path }) => byScope.has(path))
  const lines = new Map<string, Line[]>()
  const queue = [...known]
  const work = async (): Promise<void> => {
    for (let machine = queue.shift(); machine; machine = queue.shift())
      lines.set(
        machine.path,
        await machineLines(ports, firm, machine, byScope.get(machine.path)!, window, causes(machine.path)),
      )
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  const told = { plant: ofPlant, machines: ofMachines }
  const figures = await compareFigures(ports, firm, window, told, causes)
  const figuresOf = Map.groupBy(figures.lines, ({ scope }) => scope)
  const ofEach = known.flatMap(({ path }) => [...lines.get(path)!, ...(figuresOf.get(path) ?? [])])
  const money = figuresOf.get('plant') ?? []
  const rows = [...plantLines(known, ofEach, ofPlant), ...money, ...ofEach]
  const compared = new Set(rows.filter(({ scope }) => scope === 'plant').map(({ name }) => name))
  return {
    ...window,
    // rows of the plant but for its money are sums of those of the machines
    counts: countVerdicts([...money, ...ofEach]),
    money: figures.money,
    rows,
    truthOnly: ofPlant
      .filter(({ name }) => (!compared.has(name) || name === 'energy') && !OF_COMPARISON.test(name))
      .map(({ name, unit, value, reason }) => ({ name, unit, truth: value, reason })),
  }
}

async function machineLines(
  ports: Ports,
  firm: string,
  machine: Machine,
  truth: readonly TruthRow[],
  window: Window,
  causes: Line['causes'],
): Promise<Line[]> {
  const lines: Line[] = []
  const seconds = machine.meter ? null : statesOf(ports, firm, machine, window)
  for (const row of truth) {
    const state = row.name.startsWith('seconds.') ? (row.name.slice('seconds.'.length) as ShownState) : null
    if (state !== null && seconds) lines.push(lineOf(row, row.value, seconds(state), causes))
    const register = Object.hasOwn(REGISTERS, row.name) ? measureOf(machine, row.name) : null
    if (register)
      lines.push(lineOf(row, row.value, await growth(ports, firm, machine, register, window), causes))
  }
  if (seconds && lines.some(({ name }) => name.startsWith('seconds.'))) {
    const unknown = seconds('UNKNOWN')
    const head = { scope: machine.path, name: 'seconds.UNKNOWN', unit: 'seconds' }
    const at = lines.findLastIndex(({ name }) => name.startsWith('seconds.')) + 1
    lines.splice(at, 0, lineOf(head, 0, unknown, causes))
  }
  return lines
}

type Register = { readonly measure: Measure; /** Truth's units in one step. */ readonly perStep: number }

/** The machine's register of a truth's figure, where it has one whose step is a whole number of the truth's units. */
function measureOf(machine: Machine, name: string): Register | null {
  const { role, per } = REGISTERS[name]!
  for (const measure of machine.measures) {
    const counts = roleOf(measure)
    const perStep = counts.role === role ? counts.perStep / per : Number.NaN
    if (Number.isInteger(perStep)) return { measure, perStep }
  }
  return null
}

function statesOf(
  ports: Ports,
  firm: string,
  machine: Machine,
  { from, to }: Window,
): (state: ShownState) => Computed {
  const segments = ports.ledgers.of(firm)?.states(machine.path, from, to) ?? []
  return computedState(segments, { from, to }, machine.stateStaleMs)
}

async function growth(
  ports: Ports,
  firm: string,
  machine: Machine,
  register: Register,
  { from, to }: Window,
): Promise<Computed> {
  const course = await courseFrom(ports, firm, machine.path, register.measure, {
    from: from - MARGIN,
    to: to + MARGIN,
  })
  return course ? computedGrowth(course, from, to, register.perStep) : NOT_KNOWN('no_readings')
}

/** Null: the historian does not answer, or cannot be asked. */
async function courseFrom(
  ports: Ports,
  firm: string,
  machine: string,
  measure: Measure,
  { from, to }: Window,
): Promise<Course | null> {
  try {
    const points = await ports.historian.raw({ firm, machine, measure: measure.name }, from, to, MAX_READINGS)
    const samples = points.map(({ ts, value }, seq) => ({
      boot: '',
      seq,
      ts,
      steps: Math.round(value * measure.scale),
    }))
    return courseOf(samples, swapsOf(ports, firm, machine, measure, { from, to }), measure.rollover)
  } catch (error) {
    ports.log.warn({ err: error }, 'readings could not be read')
    return null
  }
}

function swapsOf(
  ports: Ports,
  firm: string,
  machine: string,
  measure: Measure,
  { from, to }: Window,
): Swap[] {
  const events = ports.ledgers.of(firm)?.machineEvents(machine, from, to) ?? []
  return events
    .filter(({ type, fields }) => type === 'meter_swap' && fields['measure'] === measure.name)
    .map(({ ts, fields }) => ({
      ts,
      oldLast: Math.round(Number(fields['old_last']) * measure.scale),
      newFirst: Math.round(Number(fields['new_first']) * measure.scale),
    }))
}

/** Sums over the machines, and what the plant's only meter of a kind says. */
function plantLines(
  machines: readonly Machine[],
  lines: readonly Line[],
  truth: readonly TruthRow[],
): Line[] {
  const meters = new Set(machines.filter(({ meter }) => meter).map(({ path }) => path))
  const ofMachines = Map.groupBy(
    lines.filter(({ scope }) => !meters.has(scope)),
    ({ name }) => name,
  )
  const ofMeters = Map.groupBy(
    lines.filter(({ scope }) => meters.has(scope)),
    ({ name }) => name,
  )
  const names = [...MACHINE_STATES, 'UNKNOWN'].map((state) => `seconds.${state}`)
  const sums = [...names, 'pieces.good', 'pieces.scrap', 'pieces.rework', 'energy'].flatMap((name) => {
    const parts = ofMachines.get(name)
    return parts ? [sumOf(name, parts)] : []
  })
  const single = ['gas', 'water', 'nitrogen'].flatMap((name) => {
    const metered = ofMeters.get(name) ?? []
    const row = truth.find((one) => one.name === name)
    return row && metered.length === 1 ? [sumOf(name, metered)] : []
  })
  return [...sums, ...single]
}

/** What could explain a difference of a machine (null: of any): faults of data in force in the window, and items put aside. */
function causesIn(
  ports: Ports,
  firm: string,
  faults: readonly FaultRow[],
  { from, to }: Window,
): (machine: string | null) => Line['causes'] {
  const inForce = faults.filter((fault) => !isOver(fault, from) && (fault.from === null || fault.from < to))
  return (machine) => {
    const filter = { status: 'open' as const, limit: 1000, ...(machine !== null && { machine }) }
    const aside = (ports.ledgers.of(firm)?.quarantine(filter) ?? []).filter(
      ({ ts, receivedAt }) => (ts ?? receivedAt) >= from && (ts ?? receivedAt) < to,
    )
    const reasons = Map.groupBy(aside, ({ reason }) => reason)
    return [
      ...inForce
        .filter((fault) =>
          machine === null ? strikesFirm(fault, firm) : strikesMachine(fault, firm, machine),
        )
        .map(({ id, name }) => ({ kind: 'fault' as const, id, name, items: null })),
      ...[...reasons].map(([name, rows]) => ({
        kind: 'quarantine' as const,
        id: null,
        name,
        items: rows.length,
      })),
    ]
  }
}
