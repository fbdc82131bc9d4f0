/**
 * Compressed air and gas: air follows the machines that run, the leaks, and the share of time that a compressor runs for nothing;
 * gas follows the paint line, the drying of ladles and moulds, and the weather.
 */
import { HOUR, MINUTE, type Instant } from '#domain/time.ts'
import { midnightOf, monthOf, yearOfDate, type ShiftSpan, type Span } from './calendar.ts'
import { gauss, streamOf } from './chance.ts'
import { AIR } from './data/energy.ts'
import { GAS, MEDIA } from './data/drivers.ts'
import { KINDS } from './data/machines.ts'
import type { Parameters } from './data/retrofit.ts'
import { flowPieces, piecesOf } from './energy.ts'
import { effectsAt, faultEdges, type ProcessFault } from './processFaults.ts'
import type { FlowPiece, MachineDay, PowerPiece } from './truthDay.ts'

type Times = { readonly date: string; readonly from: Instant; readonly to: Instant }

/** Nm3/min that the machines use: one step for every machine that begins or ends to run. */
function useOf(machines: readonly Pick<MachineDay, 'machine' | 'segments'>[]): Map<Instant, number> {
  const steps = new Map<Instant, number>()
  for (const { machine, segments } of machines) {
    const rate = KINDS[machine.kind].air / 60
    if (rate === 0) continue
    for (const { from, to, state } of segments) {
      if (state !== 'RUN') continue
      steps.set(from, (steps.get(from) ?? 0) + rate)
      steps.set(to, (steps.get(to) ?? 0) - rate)
    }
  }
  return steps
}

export type AirDay = { readonly flow: FlowPiece[]; readonly power: readonly [PowerPiece[], PowerPiece[]] }

/** Air delivered and the power of both compressors. Outside the shifts one of them feeds the leaks, before the retrofit. */
export function airDay(
  times: Times,
  machines: readonly Pick<MachineDay, 'machine' | 'segments'>[],
  shifts: readonly ShiftSpan[],
  p: Parameters,
  faults: readonly ProcessFault[],
  open: boolean,
): AirDay {
  const { date, from, to } = times
  if (!open) {
    const none = piecesOf(from, to, [])
    return { flow: flowPieces([{ at: from, rate: 0 }], MINUTE), power: [none, none] }
  }
  const steps = useOf(machines)
  const edges = new Set([from, ...steps.keys(), ...shifts.flatMap((shift) => [shift.from, shift.to])])
  for (const edge of faultEdges(faults, null, from, to)) edges.add(edge)
  const cuts = [...edges].filter((at) => at >= from && at < to).toSorted((a, b) => a - b)
  const season = [7, 8].includes(monthOf(date)) ? AIR.summer : AIR.notSummer
  const changes: { at: Instant; rate: number }[] = []
  const first: (Span & { watts: number })[] = []
  const second: (Span & { watts: number })[] = []
  const names = ['compressor-01', 'compressor-02'] as const
  let use = 0
  cuts.forEach((at, i) => {
    use += steps.get(at) ?? 0
    const end = cuts[i + 1] ?? to
    const effects = names.map((name) => effectsAt(faults, name, at))
    const leak = p.leak + (effects[0]!.leak ?? 0) + (effects[1]!.leak ?? 0)
    const inShift = shifts.some((shift) => at >= shift.from && at < shift.to)
    const worked = Math.max(0, Math.abs(use) < 1e-9 ? 0 : use)
    if (inShift) {
      const unloaded = p.unloaded + (effects[0]!.unloaded ?? 0) + (effects[1]!.unloaded ?? 0)
      const kw = (AIR.kwhPerFlow * (worked + leak) + AIR.unloadedKw * Math.min(1, unloaded)) * season
      changes.push({ at, rate: worked + leak })
      first.push({ from: at, to: end, watts: kw * 1000 * p.airFirst * (effects[0]!.power ?? 1) })
      second.push({ from: at, to: end, watts: kw * 1000 * (1 - p.airFirst) * (effects[1]!.power ?? 1) })
      return
    }
    const feeds = p.nightAir
    const load = Math.min(1, leak / AIR.fullFlow)
    const kw = feeds ? (load * AIR.fullKw + (1 - load) * AIR.unloadedKw) * season : 0
    changes.push({ at, rate: feeds ? leak : 0 })
    first.push({ from: at, to: end, watts: kw * 1000 * (effects[0]!.power ?? 1) })
    second.push({ from: at, to: end, watts: 0 })
  })
  return { flow: flowPieces(changes, MINUTE), power: [piecesOf(from, to, first), piecesOf(from, to, second)] }
}

/** °C outside: a year's curve with weather on it that lasts some days. */
export function weatherOf(seed: number, date: string): { readonly low: number; readonly high: number } {
  const day = midnightOf(date) / (24 * HOUR)
  const season = 17.5 - 12 * Math.cos((2 * Math.PI * (day - 19)) / 365.25)
  const spell = (step: number) => gauss(streamOf(seed, `weather/${step}`))
  const at = day / 4
  const share = at - Math.floor(at)
  const drift = 2.6 * ((1 - share) * spell(Math.floor(at)) + share * spell(Math.floor(at) + 1))
  const mean = season + drift
  return { low: Math.round((mean - 4) * 10) / 10, high: Math.round((mean + 4.5) * 10) / 10 }
}

/** Heating of an open day against the month's mean day: colder days take more. */
function heatingFactor(seed: number, date: string): number {
  const { low, high } = weatherOf(seed, date)
  const day = midnightOf(date) / (24 * HOUR)
  const season = 17.75 - 12 * Math.cos((2 * Math.PI * (day - 19)) / 365.25)
  return Math.max(0, 1 + 0.06 * (season - (low + high) / 2))
}

export type GasDay = { readonly paint: FlowPiece[]; readonly all: FlowPiece[] }

/** Nm3/h of the paint line and of the works. */
export function gasDay(
  seed: number,
  times: Times,
  paint: Pick<MachineDay, 'machine' | 'segments'>,
  p: Parameters,
  faults: readonly ProcessFault[],
  open: boolean,
): GasDay {
  const { date, from, to } = times
  if (!open) {
    const none = flowPieces([{ at: from, rate: 0 }], HOUR)
    return { paint: none, all: none }
  }
  const midnight = midnightOf(date)
  const dayTo = midnight + 17 * HOUR
  const dryFrom = midnight + 8 * HOUR
  const dryTo = dryFrom + GAS.dryingH * HOUR
  const edges = new Set([from, dryFrom, dryTo, dayTo, dayTo + p.burnerNightH * HOUR])
  for (const segment of paint.segments) edges.add(segment.from)
  for (const edge of faultEdges(faults, paint.machine.name, from, to)) edges.add(edge)
  const cuts = [...edges].filter((at) => at >= from && at < to).toSorted((a, b) => a - b)
  const month = monthOf(date)
  const openDays = [...yearOfDate(date).factor.keys()].filter((day) => monthOf(day) === month).length
  const heating = ((GAS.heatingShare[month] ?? 0) * GAS.heating * heatingFactor(seed, date)) / openDays / 9
  let segment = 0
  const paintChanges: { at: Instant; rate: number }[] = []
  const allChanges: { at: Instant; rate: number }[] = []
  for (const at of cuts) {
    while (paint.segments[segment + 1] && paint.segments[segment + 1]!.from <= at) segment++
    const running = paint.segments[segment]!.state === 'RUN'
    const burns =
      at < dayTo + p.burnerNightH * HOUR || effectsAt(faults, paint.machine.name, at).burner === true
    const rate = running ? GAS.paintRun : burns ? GAS.paintIdle : 0
    const dry = at >= dryFrom && at < dryTo ? GAS.dryingPerH : 0
    paintChanges.push({ at, rate })
    allChanges.push({ at, rate: rate + dry + (at < dayTo ? heating : 0) })
  }
  return { paint: flowPieces(paintChanges, HOUR), all: flowPieces(allChanges, HOUR) }
}

const hours = (shift: ShiftSpan): number => (shift.to - shift.from) / HOUR

/** Water or nitrogen: a year's quantity over the open days' shifts, per hour. */
export function steadyFlow(
  times: Times,
  shifts: readonly ShiftSpan[],
  yearly: number,
  open: boolean,
): FlowPiece[] {
  if (!open) return flowPieces([{ at: times.from, rate: 0 }], HOUR)
  const daily = yearly / yearOfDate(times.date).open
  const [day, night] = shifts
  return flowPieces(
    [
      { at: day!.from, rate: (daily * MEDIA.dayShare) / hours(day!) },
      { at: night!.from, rate: (daily * (1 - MEDIA.dayShare)) / hours(night!) },
      { at: night!.to, rate: 0 },
    ],
    HOUR,
  )
}
