/** What was put aside, the raw message behind it, and what an engineer decides. */
import type { z } from 'zod'
import type { QuarantineRow } from '#contract/rest.ts'
import type { RawEntry } from '#contract/local.ts'
import { machinePath } from '#contract/topics.ts'
import type { QuarantineRecord } from '#store/ledger/ledger.ts'
import { may } from '../auth/may.ts'
import { perform } from '../deed.ts'
import type { Ports } from '../ports.ts'
import { badKey, deedAnswer, idempotencyKey } from './deeds.ts'
import { refuse } from './problem.ts'
import { serve } from './serve.ts'

type Reason = z.infer<typeof QuarantineRow>['reason']
const row = (record: QuarantineRecord): z.infer<typeof QuarantineRow> => ({
  ...record,
  reason: record.reason as Reason,
})

export const quarantine = (ports: Ports) =>
  serve<'quarantine' | 'quarantineItem' | 'quarantineDecide'>(ports, {
    quarantine: ({ at, query }) => {
      const ledger = ports.ledgers.of(at['firm']!)!
      const { machine, status, reason, before, limit } = query
      const rows = ledger.quarantine({
        limit,
        ...(status ? { status } : {}),
        ...(reason ? { reason } : {}),
        ...(machine === undefined ? {} : { machine: machinePath(machine) }),
        ...(before === undefined ? {} : { before }),
      })
      const byReason = ledger
        .quarantineByReason()
        .map((group) => ({ ...group, reason: group.reason as Reason }))
      return { body: { byReason, rows: rows.map(row) } }
    },

    quarantineItem: async ({ at }) => {
      if (!/^\d{1,15}$/.test(at['id']!)) return refuse(404)
      const record = ports.ledgers.of(at['firm']!)!.quarantineById(Number(at['id']))
      if (!record) return refuse(404)
      const [raw, stands] = await Promise.all([
        rawEntry(ports, at['firm']!, record.offset),
        record.stands === null ? null : rawEntry(ports, at['firm']!, record.stands),
      ])
      return {
        body: {
          ...row(record),
          topic: raw?.topic ?? '',
          principal: raw?.principal ?? '',
          payload: raw?.payload ?? '',
          stands:
            stands && record.stands !== null
              ? { offset: record.stands, receivedAt: stands.receivedAt, payload: stands.payload }
              : null,
        },
      }
    },

    quarantineDecide: async ({ who, at, body, request }) => {
      const kind = body.action === 'release' ? 'quarantine.release' : 'quarantine.discard'
      if (!may(who, kind)) return refuse(403)
      const id = idempotencyKey(request)
      if (id === false) return badKey()
      const deed = { kind, version: 1, body: { ids: body.ids }, reason: body.reason, id } as const
      return deedAnswer(await perform(ports, who, at['firm']!, deed))
    },
  })

/** The journalled message; null when it aged out or ingest is down (the row itself is shown all the same). */
async function rawEntry(ports: Ports, firm: string, offset: number): Promise<RawEntry | null> {
  try {
    return await ports.ingest.entry(firm, offset)
  } catch (error) {
    ports.log.warn({ err: error }, 'a raw message could not be read')
    return null
  }
}
