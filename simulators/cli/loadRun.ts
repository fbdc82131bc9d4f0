/** `npm run simulate -- --load N --rate R`: N equal devices with pre-encoded packets, as fast as asked, and a report. Their values mean nothing. */
import { OperatorError } from '#runtime/process.ts'
import { LOAD_BYTES, runLoad } from '../load/load.ts'
import { loadAccounts, loadPlant } from '../load/plant.ts'
import { loadReport } from '../load/report.ts'
import { devicesOf } from '../run.ts'
import { anyBroker, freeFirm, installation, type Target } from './target.ts'

export type LoadFlags = {
  readonly load: number
  readonly rate: number
  readonly seconds: number
  readonly inFlight: number
  readonly data?: string
  readonly mqtt?: string
  readonly credentials?: string
}

/** Exit code: 1 when something was not acknowledged or a connection closed. `folder`: where secrets are kept meanwhile. */
export async function loadRun(flags: LoadFlags, folder: string): Promise<number> {
  const { load: devices, rate, seconds, inFlight, data, mqtt } = flags
  if (devices < 1 || devices > 2000) throw new OperatorError('--load must be from 1 to 2000 devices')
  if ((data === undefined) === (mqtt === undefined))
    throw new OperatorError('where to? give one of --data DIR, --mqtt HOST:PORT')
  const firm = data === undefined ? 'sim-load' : await freeFirm(data, 'sim-load')
  const plant = loadPlant(firm, devices)
  const target: Target =
    data === undefined ? anyBroker(mqtt!, flags.credentials) : await installation(data, plant, [], folder)
  const wanted = devicesOf(plant)
  try {
    await target.secrets.provide(wanted)
    const { host = '127.0.0.1', port = 1883 } = target.broker
    const accounts = loadAccounts(plant, target.secrets.secretOf.bind(target.secrets))
    const job = { host, port, accounts, inFlight, seconds, rate, bytes: LOAD_BYTES }
    const result = await runLoad(job)
    process.stdout.write(`${loadReport(job, result).join('\n')}\n`)
    const counts = await target.counts(firm)
    if (counts)
      process.stdout.write(
        `product      ${counts.items.decoded.toLocaleString('en-US')} items, ${counts.items.stored.toLocaleString('en-US')} stored\n`,
      )
    const missing = counts ? Math.max(0, result.acknowledged - counts.items.stored) : 0
    return result.sent === result.acknowledged && result.closed === 0 && missing === 0 ? 0 : 1
  } finally {
    for (const { path } of wanted) await target.secrets.remove(path)
  }
}
