/** Cumulative registers of machines and meters at any instant of a day: what they stood at in the morning and what came to it. */
import { HOUR, MINUTE, type Instant } from '#domain/time.ts'
import { energyAt, flowedAt, kvarhOf } from './energy.ts'
import type { DayTruth, Made, MachineDay } from './truthDay.ts'

/** Number of records up to and with an instant; `made` is sorted by `at`. */
export function madeUntil(made: readonly Made[], at: Instant): number {
  let low = 0
  let high = made.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (made[middle]!.at <= at) low = middle + 1
    else high = middle
  }
  return low
}

type Sums = { readonly good: number[]; readonly scrap: number[]; readonly batches: number[] }
const sums = new WeakMap<readonly Made[], Sums>()

/** Running sums over a machine's records: pieces, and batches (records of one order that end together are one). */
function sumsOf(made: readonly Made[]): Sums {
  const known = sums.get(made)
  if (known) return known
  const out: Sums = { good: [0], scrap: [0], batches: [0] }
  made.forEach((record, i) => {
    out.good.push(out.good[i]! + record.good)
    out.scrap.push(out.scrap[i]! + record.scrap)
    out.batches.push(out.batches[i]! + (made[i - 1]?.at === record.at ? 0 : 1))
  })
  sums.set(made, out)
  return out
}

/** Hours of RUN since the day began. */
export function runHours({ segments }: MachineDay, at: Instant): number {
  let ms = 0
  for (const { from, to, state } of segments) {
    if (from >= at) break
    if (state === 'RUN') ms += Math.min(to, at) - from
  }
  return ms / HOUR
}

/** What a register gained since the day began, in its own unit; null: the machine or meter has none of that name. */
export function gainedAt(day: DayTruth, name: string, measure: string, at: Instant): number | null {
  const machine = day.machines[name]
  switch (measure) {
    case 'kwh':
      return machine || name.startsWith('m') ? energyAt(day, name, at) / 1000 : null
    case 'kvarh':
      return kvarhOf(energyAt(day, name, at) / 1000)
    case 'gas_nm3':
      return flowedAt(name === 'gas' ? day.gas : day.paintGas, at, HOUR)
    case 'water_m3':
      return flowedAt(day.water, at, HOUR)
    case 'n2_nm3':
      return flowedAt(day.nitrogen, at, HOUR)
    case 'air_nm3':
      return flowedAt(day.air, at, MINUTE) * airShareOf(day, name)
    default:
  }
  if (!machine) return null
  const n = madeUntil(machine.made, at)
  const { good, scrap, batches } = sumsOf(machine.made)
  if (measure === 'good') return good[n]!
  if (measure === 'scrap') return scrap[n]!
  if (measure === 'heats' || measure === 'batches') return batches[n]!
  if (measure === 'run_h') return runHours(machine, at)
  return null
}

/** Each compressor's meter shows its share of the air. */
const airShareOf = (day: DayTruth, name: string): number =>
  name === 'compressor-01' ? day.parameters.airFirst : 1 - day.parameters.airFirst

/** The register at an instant, not rounded; null when there is none. */
export function registerAt(day: DayTruth, name: string, measure: string, at: Instant): number | null {
  const start = day.registers[name]?.[measure]
  if (start === undefined) return null
  const gained = gainedAt(day, name, measure, at)
  return gained === null ? null : start + gained
}

/** All registers on the next morning. */
export function registersAfter(day: DayTruth): Record<string, Record<string, number>> {
  const after: Record<string, Record<string, number>> = {}
  for (const [name, own] of Object.entries(day.registers)) {
    after[name] = {}
    for (const measure of Object.keys(own)) after[name][measure] = registerAt(day, name, measure, day.to)!
  }
  return after
}
