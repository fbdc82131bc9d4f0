/**
 * Names of everything that the truth has an answer to. An element is one of the fifteen of the product's cost catalogue; a line is
 * one of the eleven that the wall shows. Streams are elements, with compressed air told apart by what it is made of.
 */

export const STREAMS = [
  'material',
  'electricity',
  'demand',
  'power_factor',
  'gas',
  'air_power',
  'air_consumables',
  'media',
  'labour',
  'machine_hour',
  'tooling',
  'maintenance',
  'scrap',
  'outsourcing',
  'quality',
  'overhead',
  'retrofit',
] as const
export type Stream = (typeof STREAMS)[number]

/** The fifteen elements, in the order of their numbers. */
export const ELEMENTS = [
  'material', // 1 direct material of good parts, with what was issued beyond the standard
  'electricity', // 2 energy charge by period, without compressed air
  'demand', // 3 contract demand by calendar hour; a raised peak when it is raised
  'power_factor', // 4 on energy charge and demand
  'gas', // 5 register x price
  'media', // 6 compressed air with its electricity, coolant, oil, water, nitrogen, waste
  'labour', // 7 by roster, without what scrap and rework took at standard
  'machine_hour', // 8 by planned machine-hours, without what scrap and rework took at standard
  'tooling', // 9 uses x price over planned life
  'maintenance', // 10 hours and parts of repairs and planned work, relining by heats
  'scrap', // 11 standard cost up to the operation less salvage; repeated operations; repairs after a test
  'outsourcing', // 12 receipts x price
  'quality', // 13 certificates, warranty, tests, calibration
  'overhead', // 14 by planned person-hours
  'retrofit', // 15 by planned person-hours
] as const
export type Element = (typeof ELEMENTS)[number]

export const elementOf = (stream: Stream): Element =>
  stream === 'air_power' || stream === 'air_consumables' ? 'media' : stream

/** The wall's eleven lines. */
export const LINES = [
  'material',
  'scrap',
  'labour',
  'power', // the whole bill: elements 2, 3, 4 and the power of the air pool
  'gas_media',
  'tooling',
  'maintenance',
  'depreciation',
  'outsourcing',
  'quality_overhead',
  'retrofit',
] as const
export type Line = (typeof LINES)[number]

const LINE_OF: Readonly<Record<Stream, Line>> = {
  material: 'material',
  electricity: 'power',
  demand: 'power',
  power_factor: 'power',
  air_power: 'power',
  gas: 'gas_media',
  air_consumables: 'gas_media',
  media: 'gas_media',
  labour: 'labour',
  machine_hour: 'depreciation',
  tooling: 'tooling',
  maintenance: 'maintenance',
  scrap: 'scrap',
  outsourcing: 'outsourcing',
  quality: 'quality_overhead',
  overhead: 'quality_overhead',
  retrofit: 'retrofit',
}
export const lineOf = (stream: Stream): Line => LINE_OF[stream]

export type Unit =
  'fen' | 'Wh' | 'pieces' | 'seconds' | 'dm3' | 'ppm' | 'fen_per_100_yuan' | 'uses' | 'varh' | 'W'

/** Row names without their variable end: `seconds.RUN`, `cost.material`, `line.power`, `uses.drill-mill-set`. */
export const ROWS: Readonly<Record<string, { readonly unit: Unit; readonly says: string }>> = {
  seconds: { unit: 'seconds', says: 'time in a state; the states of a machine sum to the window' },
  'pieces.good': { unit: 'pieces', says: 'pieces that left an operation good' },
  'pieces.scrap': { unit: 'pieces', says: 'pieces scrapped' },
  'pieces.rework': { unit: 'pieces', says: 'pieces that repeat an operation' },
  'pieces.finished': { unit: 'pieces', says: 'valves that passed their pressure test' },
  energy: { unit: 'Wh', says: 'physical energy of a machine or meter' },
  'energy.split': { unit: 'Wh', says: 'share of its group meter by rated power x run hours' },
  reactive: { unit: 'varh', says: 'reactive energy of a meter' },
  'peak.quarter': { unit: 'W', says: 'highest quarter-hour mean of the main meter in the window' },
  air: {
    unit: 'dm3',
    says: 'compressed air: used by a machine at its nominal flow; delivered, for the plant',
  },
  gas: { unit: 'dm3', says: 'natural gas' },
  water: { unit: 'dm3', says: 'fresh water' },
  nitrogen: { unit: 'dm3', says: 'nitrogen' },
  uses: { unit: 'uses', says: 'cycles that used a tool' },
  person: { unit: 'seconds', says: 'paid person-time of the roster' },
  cost: { unit: 'fen', says: 'one of the fifteen elements; they sum to cost.total' },
  'cost.total': { unit: 'fen', says: 'production cost' },
  line: { unit: 'fen', says: 'one of the eleven lines of the wall; they sum to cost.total' },
  'value.added': { unit: 'fen', says: 'good pieces x price x share of standard cost added by the operation' },
  'value.scrapped': { unit: 'fen', says: 'value that scrapped pieces had gained before' },
  value: {
    unit: 'fen',
    says: 'output value: added less scrapped = finished valves + change of work in progress',
  },
  'value.finished': { unit: 'fen', says: 'valves that passed their pressure test x price' },
  u: { unit: 'fen_per_100_yuan', says: 'cost per 100 yuan of output value; 95.00 yuan is 9500' },
  'oee.pbt': { unit: 'seconds', says: 'planned busy time' },
  'oee.apt': { unit: 'seconds', says: 'production time inside it' },
  'oee.aust': { unit: 'seconds', says: 'set-up inside it' },
  'oee.adet': { unit: 'seconds', says: 'delay with an order' },
  'oee.adot': { unit: 'seconds', says: 'down without an order' },
  'oee.planned': { unit: 'seconds', says: 'standard time of all pieces made' },
  'oee.good': { unit: 'seconds', says: 'standard time of the good ones' },
  oee: { unit: 'ppm', says: 'standard time of good pieces over planned busy time' },
  booking: {
    unit: 'fen',
    says: 'of cost.material, cost.maintenance, value: what accounting books in the window and the works in another one',
  },
  'booking.standard': { unit: 'seconds', says: 'the same of oee.good' },
  'unplaced.money': {
    unit: 'fen',
    says: 'what quarter-hourly readings cannot place: a piece of each quarter-hour in which two orders ran',
  },
  'unplaced.standard': { unit: 'seconds', says: 'the same in standard time' },
  saving: { unit: 'fen', says: 'the part of saving.planted that lies in one element; they sum to it' },
  'saving.planted': {
    unit: 'fen',
    says: 'what the same output would have cost the twin without the measures, less the cost',
  },
}

export type TruthRow = {
  readonly name: string
  /** `plant`, a machine (`lathe-07`) or a meter (`m05`). */
  readonly scope: string
  readonly from: number
  readonly to: number
  readonly value: number | null
  readonly unit: Unit
  /** Why there is no value: NO_OUTPUT, NO_ACTIVITY, NEGATIVE_OUTPUT, NOT_PLANNED, NO_STANDARD, NO_TWIN. */
  readonly reason: string | null
}
