/** The api process: REST and the live socket for people. Reads ledger and historian, turns deeds into control entries. */
import { runProcess } from '#runtime/process.ts'
import { startApi } from './start.ts'

await runProcess('api', (context) => startApi(context))
