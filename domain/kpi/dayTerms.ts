/** What the account of a production day is made of besides its panes: plant, calendar, book and plans, each made once for a day. */
import { billedMonths } from '#domain/accounting/bills.ts'
import type { PriceBook } from '#domain/accounting/records.ts'
import { plantMachineOf } from '#domain/accounting/valuationCase.ts'
import { plannerOf, type PlantMachine } from '#domain/accounting/valuationPlan.ts'
import type { Plant } from '#domain/plant/plant.ts'
import type { AccountInput } from './account.ts'
import type { ProductionDay } from '#domain/accounting/almanac.ts'

export type DayTerms = Pick<AccountInput, 'books' | 'calendar' | 'machines' | 'plant' | 'closed'> & {
  readonly planner: NonNullable<AccountInput['planner']>
}

const machinesOf = new WeakMap<Plant, readonly PlantMachine[]>()

export function dayTermsOf(day: ProductionDay, books: PriceBook): DayTerms {
  const { plant, year: calendar } = day
  let machines = machinesOf.get(plant)
  if (!machines) machinesOf.set(plant, (machines = plant.machines.map(plantMachineOf)))
  const planner = plannerOf(calendar, books, machines)
  return { books, calendar, machines, plant: plant.machines, planner, closed: billedMonths(books, day) }
}
