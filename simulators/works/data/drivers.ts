/** Gas, media, maintenance, quality, overhead: quantities and prices that are no machine's. ILLUSTRATIVE. */

/** Nm3 an hour, yuan per Nm3. Heating: Nm3 a year and its share by month. */
export const GAS = {
  price: 3.9,
  paintRun: 8.5,
  paintIdle: 2,
  dryingPerH: 12,
  dryingH: 4.5,
  heating: 5_000,
  heatingShare: { 12: 0.27, 1: 0.37, 2: 0.27, 3: 0.09 } as Readonly<Record<number, number>>,
} as const

/** Yuan per kg, m3, Nm3; quantities a year, of which the day shift has a share. */
export const MEDIA = {
  coolantPrice: 22,
  lappingOil: 20_400,
  waterM3: 5_800,
  waterPrice: 5.2,
  nitrogenNm3: 3_900,
  nitrogenPrice: 3.2,
  dayShare: 0.72,
} as const

/** Yuan: an hour of the maintenance crew, a relining per so many heats, planned parts a year of which the day shift has a share. */
export const MAINTENANCE = { hour: 48, lining: 6_500, liningHeats: 60, pmParts: 18_000 } as const

/** Yuan: per valve, per test, per repair after a failed test. */
export const QUALITY = { certificate: 4, test: 0.6, testRepair: 23 } as const

/** Yuan per kg of scrapped metal. */
export const SALVAGE = { bought: 1.6, cast: 2.4 } as const

/** Yuan a year. Clerks are a parameter: the retrofit takes one of four away. */
export const OVERHEAD = {
  supervision: 800_000,
  clerks: 312_000,
  rent: 288_000,
  office: 184_000,
  safety: 80_000,
} as const
