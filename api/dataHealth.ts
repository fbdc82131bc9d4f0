/** How good a firm's data are: what ingest knows of it, and the journal's head and refusals as the broker process knows them. */
import type { z } from 'zod'
import type { DataHealth } from '#contract/rest.ts'
import type { Ports } from './ports.ts'

/** Null when a neighbour that must be asked does not answer. */
export async function dataHealth(ports: Ports, firm: string): Promise<z.infer<typeof DataHealth> | null> {
  const asked = await Promise.all([ports.ingest.health(firm), ports.broker.status(firm)]).catch(
    (error: unknown) => {
      ports.log.warn({ err: error }, 'data health could not be read')
      return null
    },
  )
  if (!asked) return null
  const [known, { journal, denied }] = asked
  const refused = denied.firms[firm]
  const head = journal.firms.find((one) => one.firm === firm)
  const meters = new Set(
    ports.ledgers
      .of(firm)
      ?.plant()
      ?.plant.machines.flatMap(({ meter, path }) => (meter ? [path] : [])),
  )
  const damaged = journal.damage.length > 0 ? `${journal.damage.length} damaged batches, set aside` : null
  return {
    ...known,
    // A meter tells no states: none are due.
    coverage: known.coverage.filter(({ machine }) => !meters.has(machine)),
    // Only this firm's: how much others are refused is not this firm's business.
    denied: { total: refused?.total ?? 0, topics: refused?.topics.toReversed() ?? [] },
    journal: {
      offset: head?.offset ?? 0,
      hash: head?.hash ?? '',
      ok: journal.blocked === null && damaged === null,
      why: journal.blocked?.reason ?? damaged,
      freeShare: ports.freeShare(),
    },
  }
}
