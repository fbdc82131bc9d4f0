/**
 * A plant in force as the text of a plant file: what readPlantFile makes the same plant of. Kinds hold what all their machines share;
 * the title of a kind is its first machine's, since a plant keeps only the machines'.
 */
import { isDeepStrictEqual } from 'node:util'
import { stringify } from 'yaml'
import type { Machine, Measure, Plant, Shift } from '#domain/plant/plant.ts'

/** The file of a plant under a firm's name. */
export function plantText(plant: Plant, firm: string): string {
  const kinds = Map.groupBy(plant.machines, ({ kind }) => kind)
  const shared = new Map([...kinds].map(([kind, machines]) => [kind, sharedMeasures(machines)]))
  const { title, simulated, simulation } = plant
  const file = {
    firm,
    title,
    simulated,
    ...(simulation ? { simulation } : {}),
    shifts: plant.shifts.map(shiftText),
    ...(plant.stopReasons
      ? { stop_reasons: Object.fromEntries(plant.stopReasons.map(({ code, ...rest }) => [code, rest])) }
      : {}),
    ...(plant.closeMonthDay === undefined ? {} : { close_month_day: plant.closeMonthDay }),
    groups: Object.fromEntries(plant.groups.map((group) => [group.id, group.title])),
    kinds: Object.fromEntries(
      [...kinds].map(([kind, machines]) => [kind, kindText(machines[0]!, shared.get(kind)!)]),
    ),
    sites: sitesText(plant.machines, shared),
    gateways: Object.fromEntries(
      plant.credentials
        .filter(({ name }) => !name.includes('/'))
        .map(({ name, machines }) => [name, machines]),
    ),
  }
  return stringify(file, { lineWidth: 0 })
}

const clock = (minutes: number): string =>
  [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':')

const shiftText = ({ name, start, end, breaks }: Shift) => ({
  name,
  from: clock(start),
  to: clock(end),
  ...(breaks ? { breaks: breaks.map((pause) => `${clock(pause.start)}-${clock(pause.end)}`) } : {}),
})

/** Measures that every machine of a kind has alike. */
const sharedMeasures = ([first, ...others]: readonly Machine[]): Measure[] =>
  first!.measures.filter((measure) =>
    others.every((machine) => machine.measures.some((one) => isDeepStrictEqual(one, measure))),
  )

const kindText = (machine: Machine, measures: readonly Measure[]) => ({
  title: machine.title,
  group: machine.group,
  ...(machine.meter ? { meter: true } : {}),
  measures: measuresText(measures),
})

const measuresText = (measures: readonly Measure[]) =>
  Object.fromEntries(
    measures.map((measure) => [
      measure.name,
      {
        class: measure.class,
        title: measure.title,
        unit: measure.unit,
        resolution: 1 / measure.scale,
        range: [measure.min, measure.max],
        period_s: measure.periodMs / 1000,
        stale_s: measure.staleMs / 1000,
        ...(measure.rollover === null ? {} : { rollover: measure.rollover / measure.scale }),
        ...(measure.limit === null ? {} : { limit: measure.limit }),
        ...(measure.stuckAfter === undefined ? {} : { stuck_after: measure.stuckAfter }),
        ...(measure.stuckWithin === undefined ? {} : { stuck_within: measure.stuckWithin }),
        ...(measure.maxStep === undefined ? {} : { max_step: measure.maxStep }),
        ...(measure.maxPerHour === undefined ? {} : { max_per_hour: measure.maxPerHour }),
      },
    ]),
  )

type Tree = { [level: string]: Tree | ReturnType<typeof machineText> }

function sitesText(machines: readonly Machine[], shared: ReadonlyMap<string, readonly Measure[]>): Tree {
  const sites: Tree = {}
  for (const machine of machines) {
    const levels = machine.path.split('/')
    const line = levels.slice(0, -1).reduce((at, level) => (at[level] ??= {}) as Tree, sites)
    line[levels.at(-1)!] = machineText(machine, shared.get(machine.kind)!)
  }
  return sites
}

function machineText(machine: Machine, shared: readonly Measure[]) {
  const own = machine.measures.filter((measure) => !shared.some(({ name }) => name === measure.name))
  return {
    kind: machine.kind,
    label: machine.label,
    title: machine.title,
    group: machine.group,
    ...(machine.ratedKw === null ? {} : { rated_kw: machine.ratedKw }),
    state_period_s: machine.statePeriodMs / 1000,
    state_stale_s: machine.stateStaleMs / 1000,
    ...(own.length > 0 ? { measures: measuresText(own) } : {}),
  }
}
