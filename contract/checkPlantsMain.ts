/** `npm run check:plants -- [--plants DIR]`: prints every fault with file, line and path and exits 1, or one line per firm. */
import { parseArgs } from 'node:util'
import { checkPlants } from './checkPlants.ts'

function main(args: readonly string[]): number {
  try {
    const fallback = process.env['BAIYUAN_PLANTS'] ?? 'plants'
    const { values } = parseArgs({
      args: [...args],
      options: { plants: { type: 'string', default: fallback } },
    })
    const { lines, faults } = checkPlants(values.plants)
    process.stdout.write(lines.map((line) => `${line}\n`).join(''))
    return faults === 0 ? 0 : 1
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nusage: npm run check:plants -- [--plants DIR]\n`)
    return 64
  }
}

process.exitCode = main(process.argv.slice(2))
