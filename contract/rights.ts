/**
 * Who may do and read what, besides the control kinds (contract/control.ts). A right that is not listed for a role is refused.
 * The page reads the rights of its session from `Session.may`.
 */
import type { Role } from './control.ts'

const FIRM: readonly Role[] = ['viewer', 'operator', 'manager', 'engineer', 'administrator']

/**
 * The bureau reviewer reads that a machine works and how good its data are, never process values, messages or orders: those
 * routes are closed, and what is left goes through api/auth/fields.ts.
 */
export const RIGHTS = {
  'read.firm': [...FIRM, 'reviewer'],
  'read.states': [...FIRM, 'reviewer'],
  'read.figures': FIRM,
  'read.history': FIRM,
  'read.messages': FIRM,
  'read.quarantine': FIRM,
  'read.records': FIRM,
  'read.events': [...FIRM, 'reviewer'],
  'read.dataHealth': [...FIRM, 'reviewer'],
  'read.metrics': [...FIRM, 'reviewer'],
  simulate: ['engineer', 'administrator'],
  people: ['administrator'],
} as const satisfies Record<string, readonly Role[]>

export type Right = keyof typeof RIGHTS

/** An isolated firm that was made for a simulation: `sim-retrofit-7`. Whoever may `simulate` sees it, and no real plant has such a name. */
export const isSimulationFirm = (firm: string): boolean => firm.startsWith('sim-')
