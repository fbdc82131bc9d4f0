/** Facts entered by hand, and the ledger's events. */
import { asEvent } from '../ledgers.ts'
import { perform } from '../deed.ts'
import type { Ports } from '../ports.ts'
import { badKey, deedAnswer, idempotencyKey } from './deeds.ts'
import { serve } from './serve.ts'

export const facts = (ports: Ports) =>
  serve<'factPut'>(ports, {
    factPut: async ({ who, at, body: { reason, ...body }, request }) => {
      const id = idempotencyKey(request)
      if (id === false) return badKey()
      const deed = { kind: 'fact.put', version: 1, body, reason, id } as const
      return deedAnswer(await perform(ports, who, at['firm']!, deed))
    },
  })

export const events = (ports: Ports) =>
  serve<'events'>(ports, {
    events: ({ at, query }) => ({
      body: ports.ledgers
        .of(at['firm']!)!
        .events(query.after, query.limit)
        .map(asEvent)
        .map((event) => ({ ...event, body: { ...event.body } })),
    }),
  })
