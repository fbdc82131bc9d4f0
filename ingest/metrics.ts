/** Ingest's figures for /metrics, read from what is counted anyway. */
import type { Registry } from 'prom-client'
import { Gauge, createMetrics } from '#runtime/metrics.ts'
import { FLAG_NAMES } from '#domain/telemetry/item.ts'
import { countsOf } from './dataHealth.ts'
import type { Firm } from './firm.ts'
import type { Intake } from './intake.ts'

export function ingestMetrics(intake: Intake): Registry {
  const registry = createMetrics('ingest')
  const perFirm = (
    name: string,
    help: string,
    label: string,
    figures: (firm: Firm) => Record<string, number>,
  ) => {
    const gauge = new Gauge({
      name,
      help,
      labelNames: ['firm', label],
      registers: [],
      collect() {
        this.reset()
        for (const firm of intake.firms.values())
          for (const [key, count] of Object.entries(figures(firm)))
            this.set({ firm: firm.name, [label]: key }, count)
      },
    })
    registry.registerMetric(gauge)
  }
  perFirm('baiyuan_items', 'Items by how they ended', 'end', (firm) => countsOf(intake, firm).items)
  perFirm(
    'baiyuan_entries',
    'Journal entries: received = done + in flight',
    'end',
    (firm) => countsOf(intake, firm).entries,
  )
  perFirm('baiyuan_quarantine', 'Items in quarantine', 'reason', (firm) => firm.quarantine.byReason())
  perFirm('baiyuan_flags', 'Marks on stored items', 'flag', (firm) =>
    Object.fromEntries(FLAG_NAMES.map((flag, bit) => [flag, firm.tally.flags[bit]!])),
  )
  perFirm('baiyuan_gaps', 'Holes in the seqs of boots', 'of', ({ tally }) => ({
    open: tally.gapsOpen,
    items: tally.gapItems,
  }))
  perFirm(
    'baiyuan_historian_aged',
    'Stored items older at arrival than the historian keeps',
    'of',
    ({ tally }) => ({
      items: tally.aged,
    }),
  )
  const failed = new Gauge({
    name: 'baiyuan_entries_failed',
    help: 'Journal entries since the start that a stage failed on; their items are in quarantine',
    registers: [],
    collect() {
      this.set(intake.failed)
    },
  })
  registry.registerMetric(failed)
  const lag = new Gauge({
    name: 'baiyuan_lag_commits',
    help: 'Journal commits not yet through the pipeline, and not yet in the historian',
    labelNames: ['to'],
    registers: [],
    collect() {
      this.set({ to: 'pipeline' }, intake.lag)
      this.set({ to: 'historian' }, intake.feed.lag)
    },
  })
  registry.registerMetric(lag)
  return registry
}
