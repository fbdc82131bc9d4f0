/** When the works is open. ILLUSTRATIVE: the firm is invented; the closed days of 2026 are the reference year of its data. */

/** Closed dates besides Sundays: first and last day, `MM-DD`. Other years than these have the fixed dates only. */
export const CLOSED: Readonly<Record<number, readonly (readonly [from: string, to: string])[]>> = {
  2025: [
    ['01-01', '01-01'],
    ['01-25', '02-06'],
    ['04-04', '04-04'],
    ['05-01', '05-03'],
    ['05-31', '05-31'],
    ['10-01', '10-03'],
    ['10-06', '10-06'],
  ],
  2026: [
    ['01-01', '01-01'],
    ['02-12', '02-24'],
    ['04-04', '04-04'],
    ['05-01', '05-03'],
    ['06-19', '06-19'],
    ['09-25', '09-25'],
    ['10-01', '10-03'],
  ],
  2027: [
    ['01-01', '01-01'],
    ['02-01', '02-13'],
    ['04-05', '04-05'],
    ['05-01', '05-03'],
    ['06-09', '06-09'],
    ['09-15', '09-15'],
    ['10-01', '10-03'],
  ],
}
export const CLOSED_EVERY_YEAR: readonly (readonly [from: string, to: string])[] = [
  ['01-01', '01-01'],
  ['05-01', '05-03'],
  ['10-01', '10-03'],
]

/** Deep-valley days of the tariff: first and last day of each year's public holidays. */
export const DEEP_VALLEY: Readonly<Record<number, readonly (readonly [from: string, to: string])[]>> = {
  2025: [
    ['01-28', '02-04'],
    ['05-01', '05-03'],
    ['10-01', '10-03'],
  ],
  2026: [
    ['02-15', '02-23'],
    ['05-01', '05-03'],
    ['10-01', '10-03'],
  ],
  2027: [
    ['02-05', '02-12'],
    ['05-01', '05-03'],
    ['10-01', '10-03'],
  ],
}

/** Volume of a month's open day against the year's mean: the heat of July and August, the festival in February. */
export const MONTH_FACTOR = [1, 0.86, 1.04, 1.03, 1.02, 1.01, 0.95, 0.93, 1.03, 1.02, 1.04, 1.04] as const
export const FIRST_DAYS = { days: 4, factor: 0.95 } as const
export const LAST_DAYS = { days: 4, factor: 1.06 } as const

/** Minutes after the midnight of the production day; the night shift counts on past 1440. `paid`: hours paid to each person. */
export type ShiftTimes = {
  readonly name: 'day' | 'night'
  readonly start: number
  readonly end: number
  readonly breaks: readonly (readonly [from: number, to: number])[]
  /** The breaks that are not paid. */
  readonly unpaid: readonly (readonly [from: number, to: number])[]
  readonly paid: number
}
export const SHIFTS: readonly ShiftTimes[] = [
  {
    name: 'day',
    start: 480,
    end: 1020,
    breaks: [
      [600, 610],
      [720, 780],
      [900, 910],
    ],
    unpaid: [[720, 780]],
    paid: 8,
  },
  {
    name: 'night',
    start: 1020,
    end: 1500,
    breaks: [
      [1230, 1260],
      [1380, 1390],
    ],
    unpaid: [[1230, 1260]],
    paid: 7.5,
  },
]
