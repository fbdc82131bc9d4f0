/**
 * The proof against the truth: the simulated works, as its devices tell it, through panes and valuation with the demo plant's records, is
 * what the works' own arithmetic says it cost and was worth, by element, machine and shift: before the retrofit, with its full effect, and
 * inside its ramp; minute by minute, and by the quarter-hours of history.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { costsByMachine, costsByWork, sharesOf } from '#domain/accounting/poolsShared.ts'
import { driverCellsOf, poolsOf, stepDown, UNALLOCATED, type Share } from '#domain/accounting/pools.ts'
import type { Pane } from '#domain/accounting/pane.ts'
import { toFen } from '#domain/accounting/rounding.ts'
import { addLosses, type LossKind } from '#domain/accounting/loss.ts'
import { lossesOf, type Losses } from '#domain/accounting/losses.ts'
import { shared, type Span } from '#domain/accounting/span.ts'
import { shownU } from '#domain/accounting/u.ts'
import { caseOf, placeOf, type Case } from '#domain/accounting/valuationCase.ts'
import {
  AXES,
  figureOf,
  keysOf,
  valuationOf,
  type Figure,
  type Scope,
  type Valuation,
} from '#domain/accounting/valuation.ts'
import { KPIS, warningsOfDays } from '#domain/kpi/oee.ts'
import { makesPieces, standardTimesOf, totalsOf } from '#domain/kpi/totals.ts'
import { HOUR, MINUTE } from '#domain/time.ts'
import { shiftsOf } from '../../simulators/works/calendar.ts'
import { KINDS, MACHINES } from '../../simulators/works/data/machines.ts'
import { airPoolOf } from '../../simulators/works/pools.ts'
import { truthOf } from '../../simulators/works/truth.ts'
import { nameOf, pathOf, real, shiftOf, tell, unplaced, type Stretch, type Told } from './costFixture.ts'

const BASELINE = { name: 'baseline', from: null } as const
const WEEK = { first: '2026-03-10', days: 7, stream: 'quarter' } as const

type Proof = Stretch & {
  /** What cost 100 yuan of the week are known to cost, within the spread of single weeks. */
  readonly u: number
}
/** Ramp: the fifth week of the retrofit, on whose third day crew, overtime, bay and clerk change. */
const STRETCHES: Readonly<Record<string, Proof>> = {
  'before, minute by minute': {
    ...WEEK,
    days: 1,
    stream: 'minute',
    scenario: BASELINE,
    retrofit: null,
    u: 95,
  },
  'a week before': { ...WEEK, scenario: BASELINE, retrofit: null, u: 95 },
  'a week of full effect': {
    ...WEEK,
    scenario: { name: 'retrofit', from: null },
    retrofit: '2025-01-01',
    u: 90,
  },
  'a week of the ramp': {
    ...WEEK,
    scenario: { name: 'history', from: '2026-02-10' },
    retrofit: '2026-02-10',
    u: 91,
  },
}

type Proved = Told & { readonly windows: [string, Span][]; readonly valuations: Valuation[] }
let week: Proved

/** Windows of a proof: all of it, its first day, the day's shifts and the rest of it. */
function windowsOf({ days, span }: Told): [string, Span][] {
  const day = days[0]!
  const [first, second] = shiftsOf(day.date)
  return [
    ['all', span],
    ['day', { from: day.from, to: day.to }],
    ['day shift', first!],
    ['night shift', second!],
    ['after the shifts', { from: second!.to, to: day.to }],
  ]
}

function prove(stretch: Stretch): Proved {
  const told = tell(stretch)
  const windows = windowsOf(told)
  return { ...told, windows, valuations: windows.map(([, span]) => valuationOf(told.inputOf(span))) }
}

/** Fen that the resolution of registers and standards leaves open. */
function within(
  told: Told,
  element: string,
  fen: number,
  name: string | null,
  span: Span,
  ramp: boolean,
): number {
  // a register is cut at every boundary of the tariff
  if (element === 'electricity') return 2 + told.days.length
  // coolant is whole grams in a run-hour: on the ramp up to half a gram of 57
  if (element === 'media') return 2 + told.days.length + (ramp ? Math.abs(fen) * 0.01 : 0)
  if (element === 'gas') return name === 'paint-01' ? 41 : 2
  // allowances and standard times are whole millionths and milliseconds; an allowance is the product of two ramps, told as one
  if (element === 'material') return 2 + Math.abs(fen) * (ramp ? 5e-5 : 2e-6)
  // parts are told in whole fen
  if (element === 'maintenance') return 2 + repairsIn(told, name, span) / 2
  return 2
}

const repairsIn = ({ days }: Told, name: string | null, { from, to }: Span): number =>
  days
    .flatMap(({ machines }) => Object.entries(machines))
    .filter(([machine]) => name === null || machine === name)
    .flatMap(([, { maintenance }]) => maintenance)
    .filter(({ at }) => at >= from && at < to).length

/** Of the plant's output value in quarter-hours: what pieces under the wrong order may move in sum. */
const SHARE_UNPLACED = 3e-4

/** What a piece under the wrong order moves. */
const BY_ORDER: readonly string[] = ['material', 'labour', 'machine_hour', 'scrap', 'quality']

/** Everything in which a figure is not the truth. */
function faultsOf(
  told: Told,
  { stream, scenario }: Stretch,
  figure: Figure,
  name: string | null,
  span: Span,
) {
  const rows = truthOf(told.days, name ?? 'plant', span)
  const truth = (row: string) => rows.find((one) => one.name === row)!.value
  const shift = shiftOf(told.days, name, span)
  const moved: Readonly<Record<string, number>> = { ...shift }
  const most = stream === 'quarter' ? unplaced(told.days, name, span) / 1e4 : 0
  // over all machines too much here is too little there
  const loose = name === null ? Math.min(most, Math.abs(truth('value')!) * SHARE_UNPLACED) : most
  const faults: string[] = []
  const check = (what: string, own: number, known: number, least: number) => {
    if (!(Math.abs(own - known) <= least)) faults.push(`${name ?? 'plant'} ${what}: ${own}, truth ${known}`)
  }
  let open = 2
  for (const { element, nano } of figure.elements) {
    const fen = toFen(nano!)
    const least =
      within(told, element, fen, name, span, scenario.name === 'history') +
      (BY_ORDER.includes(element) ? loose : 0)
    open += least
    check(element, fen, truth(`cost.${element}`)! + (moved[element] ?? 0) / 1e4, least)
  }
  const total = truth('cost.total')! + (shift.material + shift.maintenance) / 1e4
  check('cost', toFen(figure.cost), total, open)
  const value = truth('value')! + shift.value / 1e4
  const openValue = 2 + Math.abs(value) * 3e-6 + loose
  check('value', toFen(figure.value), value, openValue)
  check('finished', toFen(figure.finished), truth('value.finished')!, loose)
  const { u, status } = figure.uWip
  if (value > openValue)
    check('u', shownU(u!), (1e4 * total) / value, 0.5 + (2e4 * open + 2e8 * openValue) / value)
  else if (shift.material === 0 && shift.maintenance === 0 && shift.value === 0) {
    const { reason } = rows.find((one) => one.name === 'u')!
    if (status !== reason) faults.push(`${name ?? 'plant'} status: ${status}, truth ${reason}`)
  }
  return faults
}

const KPI_NAMES = ['availability', 'effectiveness', 'quality_ratio', 'oee'] as const

/** The four as the works knows them; pieces that are told when their order ends stand there. */
function oeeOf(days: Told['days'], name: string, span: Span) {
  const rows = truthOf(days, name, span)
  const truth = (row: string) => rows.find((one) => one.name === row)!.value!
  const { good: late, seconds } = shiftOf(days, name, span)
  const [pbt, apt] = [truth('oee.pbt'), truth('oee.apt')]
  const good = truth('pieces.good') + late
  const produced = good + truth('pieces.scrap') + truth('pieces.rework')
  return {
    availability: { part: apt, whole: pbt },
    effectiveness: { part: truth('oee.planned') + seconds, whole: apt },
    quality_ratio: { part: good, whole: produced },
    oee: { part: truth('oee.good') + seconds, whole: pbt },
    untold: good === 0 && truth('seconds.RUN') > 0,
  }
}

describe.each(Object.entries(STRETCHES))('%s', (name, stretch) => {
  let proved: Proved
  beforeAll(() => {
    proved = prove(stretch)
    if (name === 'a week before') week = proved
  }, 240_000)

  test('the plant is the truth in every window, to the fen that registers allow', () => {
    const faults = proved.windows.flatMap(([window, span], i) => {
      expect(proved.valuations[i]!.holes).toEqual([])
      const figure = figureOf(proved.valuations[i]!)
      return faultsOf(proved, stretch, figure, null, span).map((fault) => `${window}: ${fault}`)
    })
    expect(faults).toEqual([])
  })

  test('every machine is the truth in every window', () => {
    const faults = proved.windows.flatMap(([window, span], i) =>
      real.flatMap((machine) => {
        const figure = figureOf(proved.valuations[i]!, { axis: 'machine', key: machine.path })
        return faultsOf(proved, stretch, figure, nameOf(machine), span).map((fault) => `${window}: ${fault}`)
      }),
    )
    expect(faults).toEqual([])
  })

  test('availability, effectiveness, quality and OEE of every machine are the true ones', () => {
    const { days, inputOf, windows } = proved
    const known = new Map<string, number>()
    const faults = windows.flatMap(([window, span]) => {
      const { panes, books } = inputOf(span)
      const book = books.at(span.from)
      return real.flatMap((machine) => {
        const own = panes.filter((pane) => pane.machine === machine.path)
        const totals = totalsOf(own, machine, standardTimesOf(book), makesPieces(book, machine.kind))
        const expected = oeeOf(days, nameOf(machine), span)
        // a second of every time, and what quarter-hours cannot place
        const loose =
          stretch.stream === 'quarter' ? unplaced(days, nameOf(machine), span, ({ seconds }) => seconds) : 0
        return KPI_NAMES.flatMap((kpi) => {
          const { value, reason } = KPIS.find((one) => one.name === kpi)!.of(totals)
          const { part, whole } = expected[kpi]
          if (value === null) {
            if (reason !== 'NOT_COUNTED')
              return whole === 0 ? [] : [`${window} ${machine.path} ${kpi} ${reason}`]
            const isBlind = expected.untold || machine.kind === 'compressor'
            return isBlind ? [] : [`${window} ${machine.path} ${kpi} ${reason}`]
          }
          known.set(machine.kind, (known.get(machine.kind) ?? 0) + 1)
          const least = (1 + loose) / Math.max(1, whole)
          return Math.abs(value - part / whole) <= least * (1 + value)
            ? []
            : [`${window} ${machine.path} ${kpi}: ${value}, truth ${part / whole}`]
        })
      })
    })
    expect(faults).toEqual([])
    expect([...known.keys()]).toHaveLength(11)
  })

  test('100 yuan of it cost what they are known to cost, within the spread of such stretches', () => {
    const { u, status } = figureOf(proved.valuations[0]!).uWip
    expect(status).toBe('OK')
    expect(Math.abs(u! / 1e4 - stretch.u)).toBeLessThan(6)
  })

  const quarters = stretch.stream === 'quarter' ? ['quarter-hours'] : []
  test.each(quarters)('what %s cannot place is little', () => {
    const figure = figureOf(proved.valuations[0]!)
    const { days, span } = proved
    expect(unplaced(days, null, span) / 1e4 / toFen(figure.value)).toBeLessThan(0.01)
    const lathes = real.map(nameOf).filter((one) => /^(lathe|centre|grinder)-/.test(one))
    expect(lathes.map((one) => unplaced(days, one, span))).toEqual(lathes.map(() => 0))
  })
})

const wholeDay = () => figureOf(week.valuations[1]!)
const sumOf = (scopes: readonly Scope[], of: (figure: Figure) => bigint) =>
  scopes.reduce((total, scope) => total + of(figureOf(week.valuations[1]!, scope)), 0n)

describe('parts and wholes of the real day', () => {
  test.each(AXES)('all of the axis %s together are the plant, exactly', (axis) => {
    const scopes = keysOf(week.valuations[1]!, axis).map((key): Scope => ({ axis, key }))
    expect(scopes.length).toBeGreaterThan(2)
    expect(sumOf(scopes, ({ cost }) => cost)).toBe(wholeDay().cost)
    expect(sumOf(scopes, ({ value }) => value)).toBe(wholeDay().value)
    wholeDay().elements.forEach(({ known }, i) => {
      expect(sumOf(scopes, ({ elements }) => elements[i]!.known)).toBe(known)
    })
  })

  test('shifts and the hours after them are the day, exactly', () => {
    const parts = week.valuations.slice(2).map((valuation) => figureOf(valuation))
    const { cost, value, elements } = wholeDay()
    expect(parts.reduce((total, part) => total + part.cost, 0n)).toBe(cost)
    expect(parts.reduce((total, part) => total + part.value, 0n)).toBe(value)
    elements.forEach(({ known }, i) => {
      expect(parts.reduce((total, part) => total + part.elements[i]!.known, 0n)).toBe(known)
    })
  })

  test('cost of a shift by its cells is that of its window', () => {
    for (const [key, i] of [
      [0, 2],
      [1, 3],
      [null, 4],
    ] as const) {
      const { cost, value } = figureOf(week.valuations[1]!, { axis: 'shift', key })
      expect({ cost, value }).toEqual({
        cost: figureOf(week.valuations[i]!).cost,
        value: figureOf(week.valuations[i]!).value,
      })
    }
  })
})

const busyOf = (panes: readonly Pane[]) =>
  panes.map((pane) => ({ ...placeOf(pane), ms: (pane.states['RUN'] ?? 0) + (pane.states['SETUP'] ?? 0) }))
const sumOfCosts = (costs: ReadonlyMap<string | null, bigint>) =>
  [...costs.values()].reduce((sum, nano) => sum + nano, 0n)

describe('shared cost of the real day', () => {
  test('machines with their shares of the pools, and what no driver gives to one, are the plant exactly', () => {
    const shares = sharesOf({
      ...week.valuations[1]!,
      drivers: driverCellsOf(caseOf(week.inputOf(week.windows[1]![1]))),
    })
    const costs = costsByMachine(week.valuations[1]!, shares)
    expect(sumOfCosts(costs)).toBe(wholeDay().cost)
    const lathe = pathOf('lathe-01')
    expect(costs.get(lathe)).toBeGreaterThan(
      figureOf(week.valuations[1]!, { axis: 'machine', key: lathe }).cost,
    )
    // water, nitrogen and outside work have no driver to a machine
    expect(costs.get(null)).toBeGreaterThan(0n)
  })

  test.each(['product', 'order'] as const)(
    'every %s with its part of what none was named for is the plant',
    (axis) => {
      const costs = costsByWork(week.valuations[1]!, busyOf(week.inputOf(week.windows[1]![1]).panes), axis)
      expect(sumOfCosts(costs)).toBe(wholeDay().cost)
      // what nothing ran for is the night, a small part
      expect(Number(costs.get(null) ?? 0n)).toBeLessThan(Number(wholeDay().cost) * 0.05)
      expect(costs.size).toBeGreaterThan(axis === 'product' ? 4 : 20)
    },
  )
})

test('the air pool of each shift and its shares are the truth to the fen', () => {
  for (const [index, i] of [
    [0, 2],
    [1, 3],
  ] as const) {
    const [, span] = week.windows[i]!
    const split = stepDown(
      poolsOf(week.valuations[i]!.cells, driverCellsOf(caseOf(week.inputOf(span))), index),
    )
    const shares = (split as { shares: Share[] }).shares.filter(({ pool }) => pool === 'air')
    const truth = airPoolOf(week.days, span)
    const total = shares.reduce((sum, { nano }) => sum + nano, 0n)
    expect(Math.abs(toFen(total) - truth.fen)).toBeLessThanOrEqual(3)
    const fenOf = new Map(shares.map(({ to, nano }) => [to.slice(to.lastIndexOf('/') + 1), toFen(nano)]))
    const faults = Object.entries(truth.shares).filter(
      ([name, fen]) => Math.abs((fenOf.get(name) ?? 0) - fen) > 1,
    )
    expect(faults).toEqual([])
    expect(fenOf.has(UNALLOCATED)).toBe(false)
  }
})

const nanoOf = (parts: readonly { readonly nano: bigint }[]) =>
  parts.reduce((sum, { nano }) => sum + nano, 0n)

test('no standard time of the real week is too long; were they all a fifth longer, every busy machine would say so', () => {
  const { panes, books } = week.inputOf(week.span)
  const book = books.at(week.span.from)
  const standards = standardTimesOf(book)
  const longer = (product: string | null, operation: string) => (standards(product, operation) ?? 0) * 1.2
  const warned = real.map((machine) => {
    const days = week.days.map((day) =>
      panes.filter(({ machine: of, start }) => of === machine.path && start >= day.from && start < day.to),
    )
    const totals = (standardOf: typeof standards) =>
      days.map((own) => totalsOf(own, machine, standardOf, makesPieces(book, machine.kind)))
    expect(warningsOfDays(totals(standards))).toEqual([])
    return warningsOfDays(totals(longer)).length
  })
  expect(warned.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(25)
})

describe('losses of the real week', () => {
  let work: Case
  let found: Losses
  const of = (...kinds: readonly LossKind[]) => found.losses.filter(({ kind }) => kinds.includes(kind))

  beforeAll(() => {
    work = caseOf(week.inputOf(week.span))
    const segments = real.map((machine) => {
      const own = week.days.flatMap((day) => day.machines[nameOf(machine)]!.segments)
      return [machine.path, own] as const
    })
    found = lossesOf(work, { segments: new Map(segments) })
  })

  test('scrap and rework are their element', () => {
    const { elements } = figureOf(week.valuations[0]!)
    expect(nanoOf(of('scrap', 'rework'))).toBe(elements.find(({ element }) => element === 'scrap')!.nano)
  })

  test('machines stood faulty as long as they truly did in planned time, by every reason', () => {
    const truly = new Map<string, number>()
    for (const machine of real)
      for (const day of week.days) {
        const { planned, segments } = day.machines[nameOf(machine)]!
        for (const { from, to, state, reason } of segments)
          if (state === 'FAULT') {
            const ms = planned.reduce((sum, span) => sum + shared(span, from, to), 0)
            const key = `${machine.path} ${reason}`
            if (ms > 0) truly.set(key, (truly.get(key) ?? 0) + ms)
          }
      }
    const told = addLosses(of('stop').filter(({ state, ms }) => state === 'FAULT' && ms > 0))
    expect(new Map(told.map(({ machine, reason, ms }) => [`${machine} ${reason}`, ms]))).toEqual(truly)
    expect(truly.size).toBeGreaterThan(10)
  })

  test('set-ups took beyond their standard what they truly did in planned time', () => {
    const truly = new Map<string, number>()
    for (const machine of real) {
      const standard = KINDS[MACHINES.find(({ name }) => name === nameOf(machine))!.kind].setupMin * MINUTE
      const took = new Map<string, number>()
      for (const { planned, segments } of week.days.map((day) => day.machines[nameOf(machine)]!))
        for (const { from, to, state, order, operation } of segments)
          if (state === 'SETUP') {
            const ms = planned.reduce((sum, span) => sum + shared(span, from, to), 0)
            took.set(`${order} ${operation}`, (took.get(`${order} ${operation}`) ?? 0) + ms)
          }
      const beyond = [...took.values()].reduce((sum, ms) => sum + Math.max(0, ms - standard), 0)
      if (beyond > 0) truly.set(machine.path, beyond)
    }
    const told = addLosses(of('setup'), ({ machine }) => machine)
    expect(new Map(told.map(({ machine, ms }) => [machine, ms]))).toEqual(truly)
    expect(truly.size).toBeGreaterThan(10)
    expect(found.holes).toEqual([])
  })

  test('what was lost is a part of what was posted: repairs, labour and machine-hours, air, gas', () => {
    const cells = week.valuations[0]!.cells.filter(({ machine }) => machine !== null)
    const posted = (...elements: readonly string[]) =>
      nanoOf(cells.filter(({ element }) => elements.includes(element)))
    const stops = nanoOf(of('stop', 'setup'))
    expect(stops).toBeGreaterThan(0n)
    expect(stops).toBeLessThan(posted('labour', 'machine_hour', 'scrap', 'maintenance', 'electricity'))
    const air = nanoOf(cells.filter(({ stream }) => stream === 'air_power'))
    expect(nanoOf(of('leak'))).toBeGreaterThan(air / 50n)
    expect(nanoOf(of('leak'))).toBeLessThan(air)
    // the burner burns 2 Nm³ an hour by night
    const [burner] = addLosses(of('idle'))
    expect(burner!.machine).toBe(pathOf('paint-01'))
    const perHour = Number(burner!.nano / 1_000_000n) / 1000 / (burner!.ms / HOUR)
    expect(Math.abs(perHour - 2 * 3.9)).toBeLessThan(0.2)
  })
})
