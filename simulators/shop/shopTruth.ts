/**
 * The true answer of a shop: what its machines lived between two instants, before any fault. Its own arithmetic over time in states, flow
 * and registers, in integers; a shop knows no money, so it has no rows for it.
 */
import type { TruthRow } from '#contract/local.ts'
import { MACHINE_STATES, type Machine } from '#domain/plant/plant.ts'
import type { Instant } from '#domain/time.ts'
import { apportion } from '../works/apportion.ts'
import { flowedOf, type Floor } from './floor.ts'
import { isElectricity, TAN_PHI } from './meter.ts'
import type { MachineSim } from './sim.ts'

type Row = Pick<TruthRow, 'name' | 'unit'> & { readonly value: number }
type Ends<T> = { readonly from: T; readonly to: T }

/** Register -> row; `per` of its unit in one of the register's. */
const REGISTERS: Readonly<Record<string, readonly [name: string, unit: string, per: number]>> = {
  good: ['pieces.good', 'pieces', 1],
  scrap: ['pieces.scrap', 'pieces', 1],
  heats: ['heats', 'heats', 1],
  batches: ['batches', 'batches', 1],
  gas_nm3: ['gas', 'dm3', 1000],
  air_nm3: ['air', 'dm3', 1000],
  run_h: ['run', 'seconds', 3600],
}

/** Rounded at both ends, so that neighbouring windows add up exactly. */
const grown = <T>({ from, to }: Ends<T>, of: (end: T) => number): number =>
  Math.round(of(to)) - Math.round(of(from))

const energyOf = (ends: Ends<MachineSim>): number => grown(ends, ({ lived }) => lived.wh)

/** States sum to the window, to the nearest second. */
function machineRows(ends: Ends<MachineSim>): Row[] {
  const { from, to } = ends
  const seconds = apportion(MACHINE_STATES.map((state) => (to.lived.ms[state] - from.lived.ms[state]) / 1000))
  const known = Object.entries(REGISTERS).filter(([register]) => to.registers[register] !== undefined)
  return [
    ...MACHINE_STATES.map((state, i) => ({ name: `seconds.${state}`, unit: 'seconds', value: seconds[i]! })),
    { name: 'energy', unit: 'Wh', value: energyOf(ends) },
    ...known.map(([register, [name, unit, per]]) => ({
      name,
      unit,
      value: grown(ends, ({ registers }) => (registers[register] ?? 0) * per),
    })),
  ]
}

const machinesOf = ({ from, to }: Ends<Floor>): Ends<MachineSim>[] =>
  Object.entries(to.sims).map(([path, sim]) => ({ from: from.sims[path]!, to: sim }))

/** Machines and base load: the parts, as they are rounded, sum to it. */
const plantEnergy = (ends: Ends<Floor>): number =>
  machinesOf(ends).reduce(
    (sum, one) => sum + energyOf(one),
    grown(ends, ({ base }) => base.wh),
  )

function plantRows(ends: Ends<Floor>): Row[] {
  const rows = machinesOf(ends).flatMap(machineRows)
  const sum = (name: string) => rows.reduce((n, row) => n + (row.name === name ? row.value : 0), 0)
  return [
    { name: 'energy', unit: 'Wh', value: plantEnergy(ends) },
    { name: 'pieces.good', unit: 'pieces', value: sum('pieces.good') },
    { name: 'pieces.scrap', unit: 'pieces', value: sum('pieces.scrap') },
  ]
}

function meterRows(meter: Machine, ends: Ends<Floor>): Row[] {
  const flows = ['gas_nm3', 'air_nm3'].filter((name) => meter.measures.some((one) => one.name === name))
  return [
    ...(isElectricity(meter)
      ? [
          { name: 'energy', unit: 'Wh', value: plantEnergy(ends) },
          { name: 'reactive', unit: 'varh', value: grown(ends, (end) => flowedOf(end).wh * TAN_PHI) },
        ]
      : []),
    ...flows.map((name) => ({
      name: name.slice(0, 3),
      unit: 'dm3',
      value: grown(ends, (end) => flowedOf(end)[name.slice(0, 3) as 'gas' | 'air'] * 1000),
    })),
  ]
}

/** Rows of `plant`, a machine or a meter between two floors of one stretch of life. */
export function shopTruth(
  scope: 'plant' | Machine,
  from: Instant,
  to: Instant,
  floors: Ends<Floor>,
): TruthRow[] {
  const rows =
    scope === 'plant'
      ? plantRows(floors)
      : scope.meter
        ? meterRows(scope, floors)
        : machineRows({ from: floors.from.sims[scope.path]!, to: floors.to.sims[scope.path]! })
  const name = scope === 'plant' ? scope : scope.path
  return rows.map((row) => ({ ...row, scope: name, from, to, reason: null }))
}
