/** The one place that answers "may this principal do this". Not listed means no. */
import { CONTROL_KINDS, type ControlKind, type Role } from '#contract/control.ts'
import { RIGHTS, type Right } from '#contract/rights.ts'

const ALLOWED: ReadonlyMap<string, readonly Role[]> = new Map(Object.entries({ ...CONTROL_KINDS, ...RIGHTS }))

export const may = (who: { readonly role: Role }, what: ControlKind | Right): boolean =>
  ALLOWED.get(what)?.includes(who.role) ?? false

/** Everything a role may do, for the page to show and hide by. */
export const mayList = (role: Role): string[] =>
  [...ALLOWED].filter(([, roles]) => roles.includes(role)).map(([what]) => what)
