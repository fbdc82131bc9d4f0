/**
 * What a register counts, by the measure's name in the plant file, and the whole number of units that one of its steps is. A new
 * kind of register is one line here.
 * Valid:   kwh in kWh with resolution 0.01: one step is 10 Wh
 * Invalid: kwh with resolution 0.0001: a step would be a tenth of the Wh in which energy is counted; gas_nm3 in kg
 */
import type { Measure } from '#domain/plant/plant.ts'

/** Quantities are whole numbers of milli-units of what is priced: Wh of kWh, dm3 of m3, milli-pieces of pieces, seconds of time. */
export type CountedUnit = 'Wh' | 'varh' | 'dm3' | 'milli-piece' | 'milli-cycle' | 's'

const VOLUME = { 'm³': 1000, 'Nm³': 1000, m3: 1000, Nm3: 1000, L: 1, NL: 1 } as const

/** Role of a measure by its name; `per`: counted units in one unit of the plant file. */
const ROLES = {
  kwh: { role: 'energy', unit: 'Wh', per: { kWh: 1000, MWh: 1_000_000, Wh: 1 } },
  kvarh: { role: 'reactive', unit: 'varh', per: { kvarh: 1000, varh: 1 } },
  gas_nm3: { role: 'gas', unit: 'dm3', per: VOLUME },
  air_nm3: { role: 'air', unit: 'dm3', per: VOLUME },
  n2_nm3: { role: 'nitrogen', unit: 'dm3', per: VOLUME },
  water_m3: { role: 'water', unit: 'dm3', per: VOLUME },
  good: { role: 'good', unit: 'milli-piece', per: { '1': 1000 } },
  scrap: { role: 'scrap', unit: 'milli-piece', per: { '1': 1000 } },
  rework: { role: 'rework', unit: 'milli-piece', per: { '1': 1000 } },
  heats: { role: 'heats', unit: 'milli-cycle', per: { '1': 1000 } },
  batches: { role: 'batches', unit: 'milli-cycle', per: { '1': 1000 } },
  run_h: { role: 'run_time', unit: 's', per: { h: 3600 } },
} as const satisfies Record<
  string,
  { readonly role: string; readonly unit: CountedUnit; readonly per: Readonly<Record<string, number>> }
>

export type Role = (typeof ROLES)[keyof typeof ROLES]['role']

export type MeasureRole =
  | {
      readonly role: Role
      readonly unit: CountedUnit
      /** Counted units in one step: a whole number. */ readonly perStep: number
    }
  | { readonly role: null; readonly reason: 'no_count' | 'no_role' | 'unit_unknown' | 'too_fine' }

/** What a measure counts, or why it counts nothing. */
export function roleOf(measure: Pick<Measure, 'name' | 'class' | 'unit' | 'scale'>): MeasureRole {
  if (measure.class !== 'count') return { role: null, reason: 'no_count' }
  if (!Object.hasOwn(ROLES, measure.name)) return { role: null, reason: 'no_role' }
  const { role, unit, per } = ROLES[measure.name as keyof typeof ROLES]
  const units: Readonly<Record<string, number>> = per
  if (!Object.hasOwn(units, measure.unit)) return { role: null, reason: 'unit_unknown' }
  const perStep = units[measure.unit]! / measure.scale
  return Number.isInteger(perStep) ? { role, unit, perStep } : { role: null, reason: 'too_fine' }
}

/** Registers whose growth is pieces: it is held by operation. */
export const PIECES = ['good', 'scrap', 'rework'] as const
export type Piece = (typeof PIECES)[number]
export const isPiece = (role: Role): role is Piece => (PIECES as readonly string[]).includes(role)

/** Registers that grow with the machine's cycles, and so only while it runs; all others grow with time. */
export const isCycled = (role: Role): boolean => isPiece(role) || role === 'heats' || role === 'batches'
