/**
 * The README's figures. Every comparison runs side by side in one call, on one machine, which is named; ratios are what counts.
 *
 *   npm run bench -- throughput [--seconds 60]     acknowledged messages/s, beside mosquitto + one subscriber
 *   npm run bench -- latency [--seconds 20]        publish to page at 500, 2,000 and 5,000 messages/s
 *   npm run bench -- hero [--seconds 20]           publish to a changed figure of the day at 500 and 2,000 messages/s
 *   npm run bench -- idle [--seconds 60]           CPU, memory and bytes at 500 messages/s
 *   npm run bench -- simulators [--hours 2]        items/s that one core of simulator makes
 *   npm run bench -- panes [--days 30] [--turns 3] items/s of the pipeline with panes, beside the pipeline without
 *   npm run bench -- figures                       figures of a month and a year, and whether the api stands still meanwhile
 *   npm run bench -- lineage [--seconds 120]       from a pane to its messages and back, among 10,000 messages/s of others
 */
import { parseArgs } from 'node:util'
import os from 'node:os'
import { measureFigures } from './figures.ts'
import { measureHero } from './hero.ts'
import { measureIdle } from './idle.ts'
import { measureLatency } from './latency.ts'
import { measureLineage } from './lineage.ts'
import { measurePanes } from './panes.ts'
import { measureSimulators } from './simulators.ts'
import { measureThroughput } from './throughput.ts'

const { values, positionals } = parseArgs({
  options: {
    seconds: { type: 'string' },
    days: { type: 'string' },
    turns: { type: 'string' },
    hours: { type: 'string' },
  },
  allowPositionals: true,
})
const seconds = values.seconds === undefined ? undefined : Number(values.seconds)
const wanted = positionals[0] ?? 'all'

process.stdout.write(
  `${os.cpus()[0]?.model}, ${os.cpus().length} cores, Node ${process.versions.node}, ${os.type()} ${os.release()}\n\n`,
)
if (wanted === 'throughput' || wanted === 'all') await measureThroughput(seconds ?? 60)
if (wanted === 'latency' || wanted === 'all') await measureLatency(seconds ?? 20)
if (wanted === 'hero' || wanted === 'all') await measureHero(seconds ?? 20)
if (wanted === 'figures' || wanted === 'all') await measureFigures()
if (wanted === 'idle' || wanted === 'all') await measureIdle(seconds ?? 60)
if (wanted === 'simulators' || wanted === 'all') measureSimulators(Number(values.hours ?? 2))
if (wanted === 'panes' || wanted === 'all')
  await measurePanes(Number(values.days ?? 30), Number(values.turns ?? 3))
if (wanted === 'lineage' || wanted === 'all') await measureLineage(seconds ?? 120)
process.exit(0)
