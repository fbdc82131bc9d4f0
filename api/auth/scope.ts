/**
 * The one place that answers "which firms". A firm outside the scope is answered like one that does not exist. A simulation firm is in
 * the scope of whoever may simulate, and of nobody else who does not have it by name.
 */
import type { Role } from '#contract/control.ts'
import { isSimulationFirm } from '#contract/rights.ts'
import { isLevel } from '#contract/topics.ts'
import { may } from './may.ts'

export type Scoped = { readonly role: Role; readonly firms: readonly string[] | null }

export function inScope(who: Scoped, firm: string): boolean {
  if (!isLevel(firm)) return false
  if (who.firms?.includes(firm)) return true
  return isSimulationFirm(firm) ? may(who, 'simulate') : who.firms === null
}

export const firmsInScope = (who: Scoped, firms: readonly string[]): string[] =>
  firms.filter((firm) => inScope(who, firm))

/** Only these roles may be given every firm at once; everyone else works for named firms. */
export const mayHaveAllFirms = (role: Role): boolean => role === 'administrator' || role === 'reviewer'
