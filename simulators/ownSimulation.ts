/** What the simulation.yaml beside a plant file asks of one firm: its seed, its scenario, and the faults that it always has. */
import { readSimulation } from '#contract/plantFolder.ts'
import type { SimulationFile } from '#contract/simulationFile.ts'
import { SECOND, type Instant } from '#domain/time.ts'
import type { Log } from '#runtime/log.ts'
import type { Switchboard } from './faults/switchboard.ts'

export type OwnSimulations = ReadonlyMap<string, SimulationFile>

/** Of the firms that have one in PLANTS/<firm>/simulation.yaml. A file with faults is said and left out: the plant lives as the others do. */
export function readOwnSimulations(plants: string, firms: readonly string[], log: Log): OwnSimulations {
  const out = new Map<string, SimulationFile>()
  for (const firm of firms) {
    const read = readSimulation(plants, firm)
    if (!read) continue
    if ('simulation' in read) out.set(firm, read.simulation)
    else log.error({ firm, problems: read.problems }, 'the simulation file has faults: it is left out')
  }
  return out
}

/**
 * Switches on what a firm always has: once. What a person switched off since stays off over a restart, until the file asks for something
 * else.
 */
export function startOwnFaults(
  board: Switchboard,
  firm: string,
  own: SimulationFile,
  now: Instant,
  log: Log,
): void {
  const asked = board.asked(firm)
  const got = own.faults.filter((wish) => {
    if (asked.includes(JSON.stringify(wish))) return true
    const { fault, machines, after_s: after, probability, params } = wish
    const where = machines?.map((one) => `${firm}/${one}`) ?? [firm]
    const same = JSON.stringify(where)
    // a kill may come between the fault and the note of it
    if (board.list.some((known) => known.name === fault && JSON.stringify(known.machines) === same))
      return true
    const answer = board.start({
      fault,
      machines: where,
      ...(after !== undefined && { from: now + after * SECOND }),
      ...(probability !== undefined && { probability }),
      ...(params && { params }),
    })
    if (!answer.ok)
      log.error({ firm, fault, problems: answer.problems }, 'a fault of the simulation file cannot be')
    return answer.ok
  })
  board.keepAsked(
    firm,
    got.map((wish) => JSON.stringify(wish)),
  )
}
