/** In the thread: mornings of a works' past, and the messages of its days. One job after another. */
import { parentPort, workerData } from 'node:worker_threads'
import { openMornings } from '#store/truth/mornings.ts'
import { Chain } from '../works/chain.ts'
import { historyItems } from '../works/items.ts'
import { batchesOf, type ToldDay } from './batches.ts'
import type { Answer, Job, Life, ThreadStart } from './thread.ts'

const { mornings: file, machines } = workerData as ThreadStart
const port = parentPort!
const mornings = openMornings(file)

function live({ seed, scenario, from, to }: Life): void {
  const chain = mornings.birth ? new Chain(mornings) : Chain.bear(mornings, seed, scenario, from)
  chain.reach(to, (date) => say({ kind: 'over', date }))
}

/** A chain of its own for each day: it keeps the days that it has seen. */
function tell({ date, to, seqs }: Extract<Job, { kind: 'tell' }>): ToldDay {
  const day = new Chain(mornings).day(date)
  if (!day) throw new Error(`${date} was not lived`)
  return batchesOf(historyItems(day, machines, null, to), seqs)
}

const say = (answer: Answer): void => port.postMessage(answer)

port.on('message', (job: Job) => {
  try {
    if (job.kind === 'live') {
      live(job)
      say({ kind: 'lived' })
    } else say({ kind: 'told', day: tell(job) })
  } catch (error) {
    say({ kind: 'failed', why: (error as Error).message })
  }
})
