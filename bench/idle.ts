/** What an installation costs at a small plant's rate: 500 devices, one message a second each. */
import { row, runLoad, startPlant } from './plant.ts'
import { usageOf, usedSince } from './usage.ts'

const DEVICES = 500
const PROCESSES = ['broker', 'ingest', 'api'] as const

export async function measureIdle(seconds: number): Promise<void> {
  process.stdout.write(`At 500 messages/s (${DEVICES} devices, 148 bytes, 4 measures), ${seconds} s\n\n`)
  row('process', 'share of one core', 'memory MB', 'B written/message')
  row('---', '---:', '---:', '---:')
  const { installation, accounts, port } = await startPlant(DEVICES)
  try {
    const load = runLoad({ port, accounts, inFlight: 4, seconds: seconds + 10, rate: DEVICES })
    await new Promise((done) => setTimeout(done, 8000)) // connected, warm
    const before = PROCESSES.map((name) => usageOf(installation.pid(name)))
    const began = performance.now()
    await new Promise((done) => setTimeout(done, seconds * 1000))
    const took = (performance.now() - began) / 1000
    const used = PROCESSES.map((name, index) => usedSince(before[index]!, usageOf(installation.pid(name))))
    await load
    const messages = DEVICES * took
    for (const [index, name] of PROCESSES.entries()) {
      const { cpuS, rssMb, writtenMb } = used[index]!
      row(
        name,
        `${((cpuS / took) * 100).toFixed(1)} %`,
        rssMb.toFixed(0),
        Math.round((writtenMb * 1e6) / messages),
      )
    }
    const cpu = used.reduce((sum, { cpuS }) => sum + cpuS, 0)
    const written = used.reduce((sum, { writtenMb }) => sum + writtenMb, 0)
    const memory = used.reduce((sum, { rssMb }) => sum + rssMb, 0)
    row(
      'together',
      `${((cpu / took) * 100).toFixed(1)} %`,
      memory.toFixed(0),
      Math.round((written * 1e6) / messages),
    )
  } finally {
    await installation.stop()
    installation.remove()
  }
  process.stdout.write('\n')
}
