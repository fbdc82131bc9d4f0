/**
 * Energy of a machine or meter at any instant: power is constant from one piece to the next, energy is what has summed up since
 * the production day began. A piece that begins later changes nothing before it.
 */
import { HOUR, type Instant } from '#domain/time.ts'
import { LOADS, LOSS, METERS, POWER_FACTOR, type LoadName, type Meter } from './data/energy.ts'
import { KINDS, MACHINES, OFF_KW, type MachineId } from './data/machines.ts'
import { midnightOf, monthOf, overlap, type ShiftSpan, type Span } from './calendar.ts'
import { gauss, streamOf } from './chance.ts'
import { effectsAt, faultEdges, type ProcessFault } from './processFaults.ts'
import type { DayTruth, FlowPiece, PowerPiece, WorksSegment } from './truthDay.ts'

/** Pieces from stretches that do not overlap; between them `rest` watts. */
export function piecesOf(
  from: Instant,
  to: Instant,
  stretches: readonly (Span & { readonly watts: number })[],
  rest = 0,
): PowerPiece[] {
  const pieces: PowerPiece[] = []
  let wh = 0
  let now = from
  const put = (until: Instant, watts: number) => {
    const end = Math.min(until, to)
    if (end <= now) return
    const last = pieces.at(-1)
    if (last?.watts !== watts) pieces.push({ from: now, watts, wh })
    wh += (watts * (end - now)) / HOUR
    now = end
  }
  for (const stretch of stretches) {
    put(Math.max(from, stretch.from), rest)
    put(stretch.to, stretch.watts)
  }
  put(to, rest)
  return pieces
}

/** Index of the piece that holds at an instant; -1 before the first. */
export function pieceAt(pieces: readonly { readonly from: Instant }[], at: Instant): number {
  let low = 0
  let high = pieces.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (pieces[middle]!.from <= at) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** Wh since the day began. */
export function whAt(pieces: readonly PowerPiece[], at: Instant): number {
  const piece = pieces[pieceAt(pieces, at)]
  return piece ? piece.wh + (piece.watts * (at - piece.from)) / HOUR : 0
}

export const wattsAt = (pieces: readonly PowerPiece[], at: Instant): number =>
  pieces[pieceAt(pieces, at)]?.watts ?? 0

/** What flowed since the day began; `per` is the time unit of the rate. */
export function flowedAt(pieces: readonly FlowPiece[], at: Instant, per: number): number {
  const piece = pieces[pieceAt(pieces, at)]
  return piece ? piece.sum + (piece.rate * (at - piece.from)) / per : 0
}

/** Flow pieces from changes of a rate, in order of time. */
export function flowPieces(
  changes: readonly { readonly at: Instant; readonly rate: number }[],
  per: number,
): FlowPiece[] {
  const pieces: FlowPiece[] = []
  let sum = 0
  for (const { at, rate } of changes) {
    const last = pieces.at(-1)
    if (last) sum += (last.rate * (at - last.from)) / per
    if (last?.rate !== rate || pieces.length === 0) pieces.push({ from: at, rate, sum })
    else sum = last.sum
  }
  return pieces
}

/** Power of a machine by its states; run power differs a little from order to order. */
export function machinePower(
  seed: number,
  date: string,
  machine: MachineId,
  segments: readonly WorksSegment[],
  faults: readonly ProcessFault[],
  open: boolean,
): PowerPiece[] {
  const kind = KINDS[machine.kind]
  const off = open || machine.kind === 'LA' || machine.kind === 'MC' ? OFF_KW * 1000 : 0
  const noise = streamOf(seed, `power/${machine.name}/${date}`)
  const mine = faults.filter((fault) => fault.machine === machine.name)
  const from = segments[0]!.from
  const to = segments.at(-1)!.to
  const edges = mine.length > 0 ? faultEdges(mine, machine.name, from, to) : []
  const stretches: (Span & { watts: number })[] = []
  for (const { from: start, to: end, state } of segments) {
    const base =
      state === 'RUN'
        ? Math.round(kind.runKw * 1000 * (1 + 0.03 * gauss(noise)))
        : state === 'SETUP'
          ? kind.setupKw * 1000
          : state === 'OFF'
            ? off
            : kind.idleKw * 1000
    if (mine.length === 0) {
      stretches.push({ from: start, to: end, watts: base })
      continue
    }
    const cuts = [start, ...edges.filter((at) => at > start && at < end), end]
    for (let i = 1; i < cuts.length; i++) {
      const factor = state === 'RUN' ? (effectsAt(mine, machine.name, cuts[i - 1]!).power ?? 1) : 1
      stretches.push({ from: cuts[i - 1]!, to: cuts[i]!, watts: base * factor })
    }
  }
  return piecesOf(from, to, stretches)
}

/** Power of what is no machine, by shift and hour. */
export function loadPower(
  name: LoadName,
  date: string,
  from: Instant,
  to: Instant,
  shifts: readonly ShiftSpan[],
  open: boolean,
): PowerPiece[] {
  const load = LOADS[name]
  if (!open) return piecesOf(from, to, [], load.closed * 1000)
  const midnight = midnightOf(date)
  const summer = [7, 8].includes(monthOf(date)) ? (load.summer ?? 0) : 0
  const span = load.span ? { from: midnight + load.span[0] * HOUR, to: midnight + load.span[1] * HOUR } : null
  const edges = new Set([from, to, ...(span ? [span.from, span.to] : [])])
  for (const shift of shifts) {
    edges.add(shift.from).add(shift.to)
    for (const pause of shift.breaks) edges.add(pause.from).add(pause.to)
  }
  const cuts = [...edges].filter((at) => at >= from && at <= to).toSorted((a, b) => a - b)
  const stretches = cuts.slice(1).map((end, i) => {
    const start = cuts[i]!
    let kw = load.always ?? 0
    for (const shift of shifts) {
      if (overlap(shift, start, end) === 0) continue
      const own = shift.name === 'day' ? (load.day ?? 0) : (load.night ?? 0)
      const net = shift.name === 'day' && shift.net.some((n) => overlap(n, start, end) > 0)
      kw += own + summer + (net ? (load.dayNet ?? 0) : 0)
    }
    if (span && overlap(span, start, end) > 0) kw += load.span![2]
    return { from: start, to: end, watts: kw * 1000 }
  })
  return piecesOf(from, to, stretches)
}

const meterById = new Map(METERS.map((meter) => [meter.id, meter]))

/** The pieces that stand below a meter; all of them for the main meter. */
function below(day: DayTruth, meter: Meter): readonly (readonly PowerPiece[])[] {
  const { of } = meter
  if ('load' in of) return [day.loads[of.load]]
  if ('all' in of)
    return [...Object.values(day.machines).map(({ power }) => power), ...Object.values(day.loads)]
  return MACHINES.filter((m) => m.kind === of.kind && m.index >= of.first && m.index <= of.last).map(
    (m) => day.machines[m.name]!.power,
  )
}

/** Wh since the production day began, of a machine (`lathe-07`) or a meter (`m05`); the main meter holds the losses too. */
export function energyAt(day: DayTruth, name: string, at: Instant): number {
  const own = day.machines[name]
  if (own) return whAt(own.power, at)
  const meter = meterById.get(name)
  if (!meter) throw new Error(`no machine or meter ${name}`)
  const sum = below(day, meter).reduce((total, pieces) => total + whAt(pieces, at), 0)
  return 'all' in meter.of ? sum * (1 + LOSS) : sum
}

/** W at an instant, of a machine or a meter. */
export function powerAt(day: DayTruth, name: string, at: Instant): number {
  const own = day.machines[name]
  if (own) return wattsAt(own.power, at)
  const meter = meterById.get(name)
  if (!meter) throw new Error(`no machine or meter ${name}`)
  const sum = below(day, meter).reduce((total, pieces) => total + wattsAt(pieces, at), 0)
  return 'all' in meter.of ? sum * (1 + LOSS) : sum
}

/** Reactive energy of a meter: the power factor is the plant's everywhere. */
export const kvarhOf = (kwh: number): number => kwh * POWER_FACTOR.kvarhPerKwh
