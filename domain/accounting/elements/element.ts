/** What an element of cost is: a pure function from a case to posts and holes, with its driver, behaviour and allocation in words. */
import type { Title } from '#domain/plant/plant.ts'
import type { Case, Outcome } from '../valuationCase.ts'

export const ELEMENT_IDS = [
  'material',
  'electricity',
  'demand',
  'power_factor',
  'gas',
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
export type ElementId = (typeof ELEMENT_IDS)[number]

export type Element = {
  readonly id: ElementId
  readonly title: Title
  /** What is counted. */
  readonly driver: string
  /** How the amount follows output: with it, not at all, in steps, or in part. */
  readonly behaviour: 'variable' | 'fixed' | 'step' | 'mixed'
  /** How the part that is no machine's is shared out. */
  readonly allocation: string
  readonly of: (work: Case) => Outcome
}
