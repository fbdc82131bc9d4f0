/** Faults as one firm sees them: machines are paths in the firm, and a fault of other firms alone is not there. */
import type { z } from 'zod'
import type { FaultKindView, FaultStart, FaultView } from '#contract/rest.ts'
import type { FaultKindRow, FaultRequest, FaultRow } from '#contract/local.ts'
import type { Instant } from '#domain/time.ts'

const EVERYWHERE = '*'
const firmOf = (name: string): string => name.split('/', 1)[0]!

/** Does it strike a firm at all? */
export const strikesFirm = ({ machines }: Pick<FaultRow, 'machines'>, firm: string): boolean =>
  machines.some((name) => name === EVERYWHERE || firmOf(name) === firm)

export const strikesMachine = (
  { machines }: Pick<FaultRow, 'machines'>,
  firm: string,
  path: string,
): boolean =>
  machines.some((name) => name === EVERYWHERE || name === firm || `${firm}/${path}/`.startsWith(`${name}/`))

export const isOver = ({ to }: Pick<FaultRow, 'to'>, at: Instant): boolean => to !== null && to <= at

export function faultView(fault: FaultRow, firm: string): z.infer<typeof FaultView> {
  const own = fault.machines.filter((name) => firmOf(name) === firm)
  const whole = own.includes(firm) || fault.machines.includes(EVERYWHERE)
  return {
    id: fault.id,
    firm,
    name: fault.name,
    machines: whole ? [] : own.map((name) => name.slice(firm.length + 1)),
    shared: own.length < fault.machines.length,
    from: fault.from,
    to: fault.to,
    probability: fault.probability,
    params: { ...fault.params },
    seed: fault.seed,
  }
}

export const kindView = (kind: FaultKindRow): z.infer<typeof FaultKindView> => ({
  ...kind,
  chance: { ...kind.chance },
  params: Object.fromEntries(
    Object.entries(kind.params).map(([name, { range, choices, ...rest }]) => [
      name,
      {
        ...rest,
        ...(range ? { range: [range[0], range[1]] as [number, number] } : {}),
        ...(choices ? { choices: [...choices] } : {}),
      },
    ]),
  ),
  counters: [...kind.counters],
  machines: kind.machines && [...kind.machines],
})

/** The request of a person, for one firm only: its machines by their full names, never `*`. */
export function faultRequest(firm: string, { machines, ...asked }: z.infer<typeof FaultStart>): FaultRequest {
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined))
  const names = machines?.map((path) => `${firm}/${path}`) ?? (asked.id === undefined ? [firm] : undefined)
  return { ...(given as { fault: string }), ...(names ? { machines: names } : {}) }
}
