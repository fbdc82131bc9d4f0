/** The files of a district's firms: plant.yaml for each, simulation.yaml where it lives in its own way, books.csv where there are only books. */
import { booksOf } from './books.ts'
import type { District, Quality, SmallFirm, WorksFirm } from './firms.ts'
import { MACHINES, type KindOfMachine, type MachineKind, type Title } from './sectors.ts'

export type FirmFiles = { readonly firm: string; readonly files: Readonly<Record<string, string>> }

const titled = ({ zh, en }: Title): string => `{ zh: '${zh}', en: '${en}' }`

const HEAD = `# The firm is invented and simulated. EVERY FIGURE HERE IS ILLUSTRATIVE.
# 企业为虚构的仿真企业，所有数值仅为示意。
# prettier-ignore
`

/** Measures of a machine, by what its firm can measure. */
function measuresOf({ ratedKw, signals = {}, utility = false }: KindOfMachine, energy: boolean): string[] {
  const top = Math.ceil(ratedKw * 2)
  return [
    ...(energy
      ? [
          `power_kw: { class: telemetry, title: { zh: 有功功率, en: Active power }, unit: kW, resolution: 0.01, range: [-1, ${top}], period_s: 5 }`,
          'kwh: { class: count, title: { zh: 电能, en: Energy }, unit: kWh, resolution: 0.01, range: [0, 1000000], period_s: 60, rollover: 1000000 }',
          ...Object.entries(signals).map(([name, text]) => `${name}: ${text}`),
        ]
      : []),
    ...(utility
      ? [
          'run_h: { class: count, title: { zh: 运行小时, en: Run hours }, unit: h, resolution: 0.01, range: [0, 1000000], period_s: 60 }',
        ]
      : [
          "good: { class: count, title: { zh: 合格数, en: Good }, unit: '1', resolution: 1, range: [0, null], period_s: 60 }",
          "scrap: { class: count, title: { zh: 废品数, en: Scrap }, unit: '1', resolution: 1, range: [0, null], period_s: 60 }",
        ]),
  ]
}

const METER = `  main-meter:
    title: { zh: 总电表, en: Main meter }
    group: meter
    meter: true
    measures:
      power_kw: { class: telemetry, title: { zh: 有功功率, en: Active power }, unit: kW, resolution: 0.01, range: [-10, 2000], period_s: 10 }
      kwh: { class: count, title: { zh: 电能, en: Energy }, unit: kWh, resolution: 0.01, range: [0, 10000000], period_s: 60, rollover: 10000000 }
      kvarh: { class: count, title: { zh: 无功电能, en: Reactive energy }, unit: kvarh, resolution: 0.01, range: [0, 10000000], period_s: 60, rollover: 10000000 }
`
const PACKING = `  packing:
    title: { zh: 包装台, en: Packing bench }
    group: packing
    measures:
      good: { class: count, title: { zh: 成品数, en: Finished pieces }, unit: '1', resolution: 1, range: [0, null], period_s: 300 }
`

const SHIFTS = [
  "  - { name: { zh: 白班, en: Day shift }, from: '08:00', to: '17:00', breaks: ['12:00-13:00'] }\n",
  "  - { name: { zh: 夜班, en: Night shift }, from: '17:00', to: '01:00', breaks: ['20:30-21:00'] }\n",
]

function kindText(kind: MachineKind, energy: boolean): string {
  const known = MACHINES[kind]
  const measures = measuresOf(known, energy).map((line) => `      ${line}\n`)
  return `  ${kind}:\n    title: ${titled(known.title)}\n    group: ${kind}\n    rated_kw: ${known.ratedKw}\n    measures:\n${measures.join('')}`
}

export function smallPlant(small: SmallFirm): string {
  const { firm, title, quality, machines, meterKw, shifts, gateway } = small
  const counts = quality === 'meter_and_counts'
  const kinds = [...new Set(machines.map(({ kind }) => kind))]
  const groups = [
    ...kinds.map((kind) => `  ${kind}: ${titled(MACHINES[kind].title)}\n`),
    ...(counts ? ['  packing: { zh: 包装, en: Packing }\n'] : []),
    ...(meterKw === null ? [] : ['  meter: { zh: 计量, en: Meters }\n']),
  ]
  const energy = quality !== 'no_energy'
  const hall = [
    ...machines.map(({ name, kind, label }) => `        ${name}: { kind: ${kind}, label: '${label}' }\n`),
    ...(counts ? ["        packing-01: { kind: packing, label: '01' }\n"] : []),
  ]
  const meter =
    meterKw === null
      ? ''
      : `    utility:\n      meters:\n        m00: { kind: main-meter, label: M00, title: { zh: 总电表, en: Main meter }, rated_kw: ${meterKw} }\n`
  const sites =
    hall.length + meter.length === 0
      ? ' {}\n'
      : `\n  main:\n${hall.length > 0 ? `    hall:\n      l1:\n${hall.join('')}` : ''}${meter}`
  const speaking = [
    ...machines.map(({ name }) => `main/hall/l1/${name}`),
    ...(counts ? ['main/hall/l1/packing-01'] : []),
    ...(meterKw === null ? [] : ['main/utility/meters/m00']),
  ]
  const texts = [
    ...kinds.map((kind) => kindText(kind, energy)),
    ...(counts ? [PACKING] : []),
    ...(meterKw === null ? [] : [METER]),
  ]
  return `${HEAD}firm: ${firm}
title: ${titled(title)}
simulated: true
simulation: shop
shifts:
${SHIFTS.slice(0, shifts).join('')}groups:${groups.length > 0 ? `\n${groups.join('')}` : ' {}\n'}kinds:${texts.length > 0 ? `\n${texts.join('')}` : ' {}\n'}sites:${sites}${
    gateway && speaking.length > 0 ? `gateways:\n  g1: [${speaking.join(', ')}]\n` : ''
  }`
}

/** Bad data quality as faults that are always in force. */
const FAULTS: Readonly<Partial<Record<Quality, (seed: number) => readonly string[]>>> = {
  // each at its own time of the hour and a half
  outages: (seed) => [
    `{ fault: gateway_outage, after_s: ${600 + (seed % 4800)}, probability: 0.8, params: { lasts_s: 900, every_s: 5400, batch_items: 200 } }`,
  ],
  noisy: () => [
    '{ fault: dropout, probability: 0.01, params: { burst: 5 } }',
    '{ fault: duplicate, probability: 0.05, params: { delay_s: 3 } }',
    '{ fault: clock_skew, probability: 0.3, params: { skew_s: -45 } }',
    '{ fault: missed_count, probability: 0.03 }',
    '{ fault: wrong_type, probability: 0.002 }',
  ],
}

function smallFiles(small: SmallFirm, lastMonth: string): FirmFiles {
  const { firm, quality, seed } = small
  const faults = FAULTS[quality]?.(seed) ?? []
  const list = faults.length > 0 ? `faults:\n${faults.map((one) => `  - ${one}\n`).join('')}` : ''
  return {
    firm,
    files: {
      'plant.yaml': smallPlant(small),
      'simulation.yaml': `${HEAD}seed: ${seed}\n${list}`,
      ...(quality === 'books' && { 'books.csv': booksOf(firm, seed, lastMonth) }),
    },
  }
}

/** The plant of the demo works under another name. */
function worksFiles({ firm, title, scenario, seed }: WorksFirm, demoPlant: string): FirmFiles {
  const plant = demoPlant
    .replace(/^# .*$/m, `# ${title.zh} / ${title.en}`)
    .replace(/^firm: .*$/m, `firm: ${firm}`)
    .replace(/^title: .*$/m, `title: ${titled(title)}`)
  return {
    firm,
    files: {
      'plant.yaml': plant,
      'simulation.yaml': `${HEAD}seed: ${seed}\nscenario: ${scenario}\n`,
    },
  }
}

/** `demoPlant`: text of the demo works' plant file; `lastMonth` of the books: `2026-10`. */
export const districtFiles = (
  { works, small }: District,
  demoPlant: string,
  lastMonth: string,
): FirmFiles[] => [
  ...works.map((one) => worksFiles(one, demoPlant)),
  ...small.map((one) => smallFiles(one, lastMonth)),
]
