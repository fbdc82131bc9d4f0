/**
 * `npm run district -- --out DIR [--seed N] [--until 2026-10]`: writes a simulated district of 32 firms as DIR/<firm>/plant.yaml, which
 * `npm start -- --plants DIR` runs as it is. Firms without machines that speak have books.csv beside it.
 */
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { dayOf, DAY } from '#domain/time.ts'
import { district } from './firms.ts'
import { districtFiles } from './files.ts'

const USAGE = 'usage: npm run district -- --out DIR [--seed N] [--until YYYY-MM]\n'
const DEMO = path.resolve(import.meta.dirname, '../../plants/demo-a/plant.yaml')

/** The last month that is over at an instant. */
const lastMonthOf = (now: number): string => {
  const day = dayOf(now)
  return dayOf(Date.parse(`${day.slice(0, 7)}-01T00:00:00+08:00`) - DAY).slice(0, 7)
}

function main(args: readonly string[]): number {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { out: { type: 'string' }, seed: { type: 'string' }, until: { type: 'string' } },
    })
    const { out, seed = '1', until = lastMonthOf(Date.now()) } = values
    if (out === undefined) throw new Error('--out is missing')
    if (!/^\d{1,9}$/.test(seed)) throw new Error(`--seed ${seed} is no whole number`)
    if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(until)) throw new Error(`--until ${until} is no month`)
    const all = districtFiles(district(Number(seed)), fs.readFileSync(DEMO, 'utf8'), until)
    if (fs.existsSync(out) && fs.readdirSync(out).length > 0) throw new Error(`${out} is not empty`)
    for (const { firm, files } of all) {
      fs.mkdirSync(path.join(out, firm), { recursive: true })
      for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(out, firm, name), text)
    }
    process.stdout.write(`${all.length} simulated firms in ${out}: npm start -- --plants ${out}\n`)
    return 0
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}`)
    return 64
  }
}

process.exitCode = main(process.argv.slice(2))
