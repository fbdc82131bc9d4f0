/** What people corrected, as rows that are only ever added: one that is taken back is named by the row that takes it back. */
import type { DatabaseSync } from 'node:sqlite'
import { OPEN_FOR, type Override } from '#domain/telemetry/states.ts'
import type { Instant } from '#domain/time.ts'
import type { CorrectionBody, CorrectionRow } from './changes.ts'

/** A correction as people look at it. */
export type MadeCorrection = CorrectionRow & {
  /** Id of the one that took it back, or null. */
  readonly withdrawnBy: number | null
}

type Stored = {
  id: number
  control: string
  kind: CorrectionBody['kind']
  machine: string
  from: Instant
  to: Instant | null
  body: string
  old: string
  new: string
  reason: string
  by: string
  at: Instant
  offset: number
  withdraws: number | null
  withdrawnBy: number | null
}

const rowOf = (row: unknown): MadeCorrection => {
  const { kind, body, old, new: now, ...rest } = row as Stored
  return {
    ...rest,
    body: { kind, ...(JSON.parse(body) as object) } as CorrectionBody,
    old: JSON.parse(old) as unknown,
    new: JSON.parse(now) as unknown,
  }
}

const COLUMNS = `id, control, kind, machine, since AS "from", until AS "to", body, was AS old, becomes AS new, reason, by, at, offset,
  withdraws, (SELECT id FROM correction AS later WHERE later.withdraws = c.id) AS withdrawnBy`

export function openCorrectionReader(db: DatabaseSync) {
  const all = db.prepare(`SELECT ${COLUMNS} FROM correction AS c ORDER BY id`)
  const touching = db.prepare(`SELECT ${COLUMNS} FROM correction AS c
    WHERE (:machine IS NULL OR machine = :machine) AND since < :to AND coalesce(until, since + ${OPEN_FOR}) >= :from ORDER BY id`)
  const said =
    db.prepare(`SELECT id, since AS "from", until AS "to", body ->> 'state' AS state, body ->> 'cause' AS reason
    FROM correction AS c
    WHERE machine = ? AND kind = 'state' AND since < ? AND coalesce(until, since + ${OPEN_FOR}) > ? AND withdraws IS NULL
      AND NOT EXISTS (SELECT 1 FROM correction AS later WHERE later.withdraws = c.id) ORDER BY id`)
  const states = db.prepare(`SELECT id, since AS "from", coalesce(until, since + ${OPEN_FOR}) AS "to"
    FROM correction AS c WHERE kind = 'state' AND withdraws IS NULL
      AND NOT EXISTS (SELECT 1 FROM correction AS later WHERE later.withdraws = c.id) ORDER BY id`)
  const one = db.prepare(`SELECT ${COLUMNS} FROM correction AS c WHERE id = ?`)
  return {
    /** Corrections of a machine (null: of all) that touch [from, to), in the order of acceptance; those taken back too. */
    corrections: (machine: string | null, from: Instant, to: Instant): MadeCorrection[] =>
      touching.all({ machine, from, to }).map(rowOf),
    /** States and causes that stand for a machine in [from, to). */
    overrides: (machine: string, from: Instant, to: Instant) =>
      said.all(machine, to, from) as unknown as Override[],
    /** What says states or causes and stands, in the order of acceptance; `to` at the latest. */
    statesSaid: () => states.all() as unknown as { id: number; from: Instant; to: Instant }[],
    correction: (id: number): MadeCorrection | null => {
      const row = one.get(id)
      return row ? rowOf(row) : null
    },
    allCorrections: (): MadeCorrection[] => all.all().map(rowOf),
  }
}

export function openCorrectionRows(db: DatabaseSync) {
  const put = db.prepare(`INSERT INTO correction
    (id, control, kind, machine, since, until, body, was, becomes, reason, by, at, offset, withdraws)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  return {
    ...openCorrectionReader(db),
    put: (row: CorrectionRow): void => {
      const { id, control, machine, from, to, body, old, new: now, reason, by, at, offset, withdraws } = row
      const { kind, ...rest } = body
      const texts = [JSON.stringify(rest), JSON.stringify(old), JSON.stringify(now)] as const
      put.run(id, control, kind, machine, from, to, ...texts, reason, by, at, offset, withdraws)
    },
  }
}
