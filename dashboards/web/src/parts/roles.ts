/** Roles in the order in which they are offered: from least to most. Only the type comes from the contract: no zod here. */
import type { Role } from '#contract/control.ts'

export const ROLE_ORDER = [
  'viewer',
  'operator',
  'manager',
  'engineer',
  'reviewer',
  'administrator',
] as const satisfies readonly Role[]

/** These look across firms; every other role needs its firms named. */
export const seesAllFirms = (role: Role): boolean => role === 'administrator' || role === 'reviewer'
