/**
 * A process that does to a historian what ingest does: reads a journal of its own making from the historian's cursor, writes commit
 * after commit, ticks every 5 s of journal time, and is killed: by the test at random, or by itself after a given number of steps.
 * Arguments: store, folder, commits, steps until it dies (0: it lives).
 */
import { pino } from 'pino'
import { openHistorian } from '#store/historian/open.ts'
import { journalOf } from './historian.journal.ts'

const [store, dir, commits, dieAfter] = process.argv.slice(2) as [string, string, string, string]
let left = Number(dieAfter)
const historian = await openHistorian(store, { dir, log: pino({ level: 'silent' }) })
const from = await historian.cursor()
process.stdout.write(`from ${from}\n`)
for (const { commit, at, readings } of journalOf(Number(commits))) {
  if (commit <= from) continue
  for (const step of [() => historian.write(readings, commit), () => historian.tick(at)]) {
    const result = await step()
    if (--left === 0) process.kill(process.pid, 'SIGKILL')
    if (!result.ok || result.refused.length > 0) throw new Error(JSON.stringify(result))
  }
}
await historian.close()
process.stdout.write('done\n')
