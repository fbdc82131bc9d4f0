/** The one place that answers "which firms". A firm outside the scope is answered like one that does not exist. */
import type { Role } from '#contract/control.ts'
import { isLevel } from '#contract/topics.ts'

export type Scoped = { readonly firms: readonly string[] | null }

export const inScope = (who: Scoped, firm: string): boolean =>
  isLevel(firm) && (who.firms === null || who.firms.includes(firm))

export const firmsInScope = (who: Scoped, firms: readonly string[]): string[] =>
  firms.filter((firm) => inScope(who, firm))

/** Only these roles may be given every firm at once; everyone else works for named firms. */
export const mayHaveAllFirms = (role: Role): boolean => role === 'administrator' || role === 'reviewer'
