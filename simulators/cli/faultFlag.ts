/**
 * A fault as it is written on the command line.
 * Valid: `dropout`, `dropout@main/machining/l1/lathe-07`, `worn_tool@main/machining:size=0.3`, `spike:p=0.05,measure=power_kw`
 * Invalid: `spike:p` (no value), `@lathe-07` (no name)
 */
import type { FaultRequest } from '#contract/local.ts'
import { OperatorError } from '#runtime/process.ts'

/** `p` is the probability; other keys are the fault's parameters. Machines are those of `firm`. Throws what is wrong as an OperatorError. */
export function faultOf(text: string, firm: string): FaultRequest {
  const parts = /^([a-z_]+)(?:@([a-z0-9_/,-]+))?(?::(.+))?$/.exec(text)
  if (!parts) throw new OperatorError(`--fault ${text}: written as name[@machine,…][:parameter=value,…]`)
  const [, fault = '', machines, params] = parts
  const pairs = (params ?? '').split(',').filter((pair) => pair !== '')
  const values: Record<string, number | string | boolean> = {}
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    if (at < 1) throw new OperatorError(`--fault ${text}: ${pair} has no value`)
    values[pair.slice(0, at)] = valueOf(pair.slice(at + 1))
  }
  const { p, ...rest } = values
  return {
    fault,
    machines: machines === undefined ? [firm] : machines.split(',').map((path) => `${firm}/${path}`),
    ...(p === undefined ? {} : { probability: Number(p) }),
    ...(Object.keys(rest).length === 0 ? {} : { params: rest }),
  }
}

function valueOf(text: string): number | string | boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text
}
