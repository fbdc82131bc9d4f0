/** `plant.put`: a plant, checked whole, is in force for every entry that follows. The same plant again changes nothing. */
import { isDeepStrictEqual } from 'node:util'
import { parsePlant } from '#contract/plant.ts'
import { refused, type Deed } from './deed.ts'

export const putPlant: Deed = (firm, entry, control, stages) => {
  const parsed = parsePlant(control.body)
  if ('faults' in parsed) {
    const [first] = parsed.faults
    return refused(
      'bad_body',
      `${parsed.faults.length} faults, the first: ${first?.path ?? ''} ${first?.message ?? ''}`,
    )
  }
  const { plant } = parsed
  if (plant.firm !== firm.name) return refused('bad_body', `firm: the plant is of ${plant.firm}`)
  const inForce = firm.plants.at(-1)
  if (inForce && isDeepStrictEqual(inForce.plant, plant))
    return { ok: true, result: { version: inForce.version, changed: false } }
  const version = firm.putPlant(plant, entry.receivedAt, entry.offset)
  for (const machine of firm.machines.values()) stages.changed(firm, machine)
  firm.event('plant.changed', entry.receivedAt, entry.offset, {
    version,
    machines: plant.machines.length,
    by: control.by,
  })
  return { ok: true, result: { version, changed: true } }
}
