/**
 * A process that writes a journal: `node journal.child.ts DIR [COUNT]`. It appends entries whose payload is a rising number, at most 200
 * unanswered, and prints each number once it was acknowledged. Without COUNT it goes on until it is killed.
 */
import fs from 'node:fs'
import { createLog } from '#runtime/log.ts'
import { openJournal } from '#store/journal/writer.ts'

const [dir, count = 'Infinity', from = '0'] = process.argv.slice(2)
const CLASSES = ['telemetry', 'count', 'state'] as const

const journal = await openJournal({ dir: dir!, log: createLog('child') })
print('open')
let next = Number(from)
let open = 0
while (next < Number(from) + Number(count)) {
  while (open < 200 && next < Number(from) + Number(count)) {
    const number = next++
    open++
    const topic = `v1/demo-${number % 2 ? 'a' : 'b'}/main/l/l1/m-${number % 7}/${CLASSES[number % 3]!}`
    journal.appendThen({ topic, principal: 'gw-1', payload: Buffer.from(String(number)) }, (error) => {
      open--
      if (!error) print(String(number))
    })
  }
  await new Promise((resume) => setTimeout(resume, 1))
}
await journal.close()

/** Synchronously, so that a kill does not eat what was acknowledged before it. */
function print(line: string): void {
  for (;;)
    try {
      fs.writeSync(1, `${line}\n`)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error // the reader is behind: wait
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
}
