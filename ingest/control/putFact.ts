/**
 * `fact.put`: what a person or an import enters takes the same way as a device's item, with boot `manual` and, unless it brings one, the
 * number of the request in the journal as its seq.
 */
import { factOf } from '../message.ts'
import { newWork } from '../work.ts'
import { refused, type Deed } from './deed.ts'

export const putFact: Deed = (firm, entry, control, stages) => {
  const fact = factOf(control.body, entry.offset)
  if (!fact) return refused('bad_body', 'no fact: machine, class and item are needed')
  if (!firm.plant?.machines.has(fact.machine))
    return refused('not_found', `the plant has no machine ${fact.machine}`)
  const work = newWork(firm, entry, fact.cls, firm.machine(fact.machine))
  work.body = fact.body
  stages.device(work)
  const fault = work.faults[0] ?? null
  const disposition = fault !== null ? 'quarantined' : work.duplicate[0] === 1 ? 'duplicate' : 'stored'
  return { ok: true, result: { disposition, reason: fault?.reason ?? null, detail: fault?.detail ?? null } }
}
