/** Stops and why machines stood, and what people corrected afterwards. */
import type { z } from 'zod'
import type { CorrectionView, StopView } from '#contract/corrections.ts'
import type { ControlKind } from '#contract/control.ts'
import type { CorrectionEntry } from '#contract/correct.ts'
import { machinePath } from '#contract/topics.ts'
import type { Span } from '#domain/accounting/span.ts'
import type { Machine, ShownState } from '#domain/plant/plant.ts'
import { stopReasonsOf } from '#domain/plant/stopReasons.ts'
import { DAY, MINUTE, type Instant, type Millis } from '#domain/time.ts'
import type { MadeCorrection } from '#store/ledger/correctionRows.ts'
import { may } from '../auth/may.ts'
import { perform } from '../deed.ts'
import type { LedgerReader } from '../ledgers.ts'
import type { Ports } from '../ports.ts'
import { badKey, deedAnswer, idempotencyKey } from './deeds.ts'
import { machineOf } from './machines.ts'
import { refuse } from './problem.ts'
import { serve } from './serve.ts'
import { STATES_DAYS, windowFault } from './window.ts'

const STOPS_DAYS = 7
/** What a person is asked to explain. A machine that is off or silent has not stopped in its work. */
const STOPPED: ReadonlySet<ShownState> = new Set(['STOP', 'FAULT', 'IDLE'])
/** A shorter stop is a pause that nobody writes down, unless it goes on or somebody did. */
const SHORTEST: Millis = MINUTE

export const corrections = (ports: Ports) =>
  serve<'stopReasons' | 'stops' | 'corrections' | 'correct'>(ports, {
    stopReasons: ({ at }) => {
      const plant = ports.ledgers.of(at['firm']!)!.plant()?.plant
      const reasons = stopReasonsOf(plant ?? {})
      return { body: reasons.map(({ code, title, group }) => ({ code, title: { ...title }, group })) }
    },

    stops: ({ at, query }) => {
      const fault = windowFault(query, STOPS_DAYS)
      if (fault) return refuse(400, 'bad-window', fault)
      const ledger = ports.ledgers.of(at['firm']!)!
      const asked = query.machine === undefined ? null : machineOf(ports, at['firm']!, query.machine)
      if (query.machine !== undefined && asked === null) return refuse(404)
      const machines = (asked ? [asked] : ledger.plant()?.plant.machines) ?? []
      const now = ports.now()
      const to = Math.min(query.to, now)
      return { body: query.from < to ? stopsIn(ledger, machines, { from: query.from, to }, now) : [] }
    },

    corrections: ({ at, query }) => {
      const fault = windowFault(query, STATES_DAYS)
      if (fault) return refuse(400, 'bad-window', fault)
      const machine = query.machine === undefined ? null : machineOf(ports, at['firm']!, query.machine)
      if (query.machine !== undefined && machine === null) return refuse(404)
      const ledger = ports.ledgers.of(at['firm']!)!
      return { body: ledger.corrections(machine?.path ?? null, query.from, query.to).map(viewOf) }
    },

    correct: async ({ who, at, body: { reason, what }, request }) => {
      const machine = machineOf(ports, at['firm']!, at['machine']!)
      if (!machine) return refuse(404)
      const asked = askedOf(ports.ledgers.of(at['firm']!)!, machine.path, what)
      if (!asked) return refuse(404)
      if (!may(who, asked.kind)) return refuse(403)
      const id = idempotencyKey(request)
      if (id === false) return badKey()
      return deedAnswer(await perform(ports, who, at['firm']!, { ...asked, version: 1, reason, id }))
    },
  })

/** The control entry, or null: there is no such correction of this machine to withdraw. */
function askedOf(
  ledger: LedgerReader,
  machine: string,
  what: z.infer<typeof CorrectionEntry>['what'],
): { readonly kind: ControlKind; readonly body: unknown } | null {
  const { kind, ...said } = what
  if (kind !== 'withdraw') {
    const found = 'found' in said && said.found !== undefined ? { found: machinePath(said.found) } : {}
    return { kind: `correct.${kind}`, body: { machine, ...said, ...found } }
  }
  const made = 'withdraws' in said ? ledger.correction(said.withdraws) : null
  return made?.machine === machine ? { kind: `correct.${made.body.kind}`, body: said } : null
}

/** Stops of machines in [from, to), the newest first: each up to its end, wherever the window ends. */
function stopsIn(
  ledger: LedgerReader,
  machines: readonly Machine[],
  { from, to }: Span,
  now: Instant,
): z.infer<typeof StopView>[] {
  return machines
    .filter(({ meter }) => !meter)
    .flatMap(({ path }) =>
      ledger
        .states(path, from - DAY, Math.min(to + DAY, now))
        .filter((one) => one.to > from && one.from < to && STOPPED.has(one.state))
        .map((one) => ({ machine: path, ...one, open: one.to >= now }))
        .filter((one) => one.open || one.corrected || one.to - one.from >= SHORTEST),
    )
    .toSorted((a, b) => b.from - a.from)
}

type View = z.infer<typeof CorrectionView>

function viewOf({ body: { kind, ...body }, old, new: now, ...made }: MadeCorrection): View {
  const { id, machine, from, to, reason, by, at, offset, withdraws, withdrawnBy } = made
  const sides = { old: old as View['old'], new: now as View['new'] }
  return { id, kind, machine, from, to, body, ...sides, reason, by, at, offset, withdraws, withdrawnBy }
}
