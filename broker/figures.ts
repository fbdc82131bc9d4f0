/** The broker's numbers for /metrics. They are kept as plain numbers where they arise and read when someone asks. */
import type { Registry } from 'prom-client'
import { Counter, Gauge } from '#runtime/metrics.ts'
import type { JournalWriter } from '#store/journal/journal.ts'
import type { Sessions } from '#store/sessions/sessions.ts'
import type { Broker } from './broker.ts'

export function registerFigures(
  registry: Registry,
  broker: Broker,
  journal: JournalWriter,
  sessions: Sessions,
): void {
  const { totals } = broker.journalBeforeAck
  const total = (name: string, help: string, read: () => number) =>
    new Counter({
      name: `baiyuan_${name}_total`,
      help,
      registers: [registry],
      collect() {
        this.reset()
        this.inc(read())
      },
    })
  const now = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `baiyuan_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read())
      },
    })
  total(
    'broker_journalled',
    'Device messages journalled before their acknowledgement',
    () => totals.journalled,
  )
  total('broker_journalled_bytes', 'Payload bytes of them', () => totals.bytes)
  total('broker_mirrored', 'Messages of the mirror taken from ingest', () => totals.mirrored)
  total(
    'broker_denied',
    'Publishes outside a credential: acknowledged and dropped',
    () => broker.denied.total,
  )
  total(
    'broker_session_dropped',
    'Mirror messages that a full session queue did not take',
    () => sessions.dropped,
  )
  now('broker_connections', 'Open connections', () => broker.guard.connections)
  now('broker_in_flight', 'Messages waiting for their commit', () => totals.inFlight)
  const closed = new Counter({
    name: 'baiyuan_broker_closed_total',
    help: 'Connections closed, refused or limited, by reason',
    labelNames: ['reason'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [reason, count] of Object.entries(broker.closes.counts)) this.inc({ reason }, count)
    },
  })
  closed.reset()
  total('journal_entries', 'Entries committed', () => journal.figures().entries)
  total('journal_commits', 'Group commits', () => journal.figures().commits)
  total('journal_bytes', 'Bytes of entries before compression', () => journal.figures().bytes)
  total('journal_stored_bytes', 'Bytes of entries after compression', () => journal.figures().storedBytes)
  total('journal_commit_ms', 'Time spent in commits', () => journal.figures().commitMs)
  total(
    'journal_retries',
    'Commits that the disk refused and that were tried again',
    () => journal.figures().retries,
  )
  now('journal_commit_ms_max', 'The longest commit', () => journal.figures().commitMsMax)
  now('journal_blocked', '1 while the journal cannot write', () => (journal.status().blocked ? 1 : 0))
}
