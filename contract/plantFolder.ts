/**
 * The plants of an installation: one folder per firm under DIR, each with its plant.yaml. Beside it may stand the records that value
 * it (records.yaml), what a retrofit changes in them (records-retrofit.yaml), and where a simulated one lives in its own way, a
 * simulation.yaml. The only file here that reads a disk.
 */
import fs from 'node:fs'
import path from 'node:path'
import type { DatedRecord } from '#domain/accounting/records.ts'
import type { Instant } from '#domain/time.ts'
import { readPlantFile, type FileFault, type PlantReading } from './plantFile.ts'
import { Level } from './plant.ts'
import { readRecordsFile, type RecordsReading } from './records.ts'
import { readRetrofitFile } from './retrofit.ts'
import { readSimulationFile, type SimulationReading } from './simulationFile.ts'

export type PlantOfFirm = {
  readonly firm: string
  /** DIR/<firm>/plant.yaml */
  readonly file: string
  readonly reading: PlantReading
}

/** Every firm's plant file, by name of firm. Throws the disk's own error when DIR itself cannot be read. */
export function readPlantFolder(dir: string): PlantOfFirm[] {
  const folders = fs.readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return folders
    .map(({ name }) => name)
    .toSorted()
    .map((firm) => {
      const file = path.join(dir, firm, 'plant.yaml')
      return { firm, file, reading: readOne(file, firm) }
    })
}

function readOne(file: string, firm: string): PlantReading {
  const name = Level.safeParse(firm)
  if (!name.success) return { faults: [wholeFile(`the folder's name ${name.error.issues[0]!.message}`)] }
  try {
    return readPlantFile(fs.readFileSync(file, 'utf8'), firm)
  } catch (error) {
    return { faults: [wholeFile(`cannot be read (${(error as NodeJS.ErrnoException).code})`)] }
  }
}

/** DIR/<firm>/simulation.yaml; null: there is none. */
export function readSimulation(dir: string, firm: string): SimulationReading | null {
  const file = textOf(dir, firm, 'simulation.yaml')
  if (file === null) return null
  return 'text' in file ? readSimulationFile(file.text) : { problems: [file.message] }
}

/** DIR/<firm>/records.yaml; null: there is none. */
export function readRecords(dir: string, firm: string): RecordsReading | null {
  const file = textOf(dir, firm, 'records.yaml')
  if (file === null) return null
  return 'text' in file ? readRecordsFile(file.text, firm) : { faults: [wholeFile(file.message)] }
}

/** DIR/<firm>/records-retrofit.yaml as records of a retrofit whose first production day begins at an instant; null: there is none. */
export function readRetrofit(dir: string, firm: string, begin: Instant): RecordsReading | null {
  const file = textOf(dir, firm, 'records-retrofit.yaml')
  if (file === null) return null
  if (!('text' in file)) return { faults: [wholeFile(file.message)] }
  const base = textOf(dir, firm, 'records.yaml')
  return readRetrofitFile(file.text, firm, base !== null && 'text' in base ? base.text : '', begin)
}

/** The records of a plant on which its retrofit has had its full effect since an instant; null: it has none, or they are faulty. */
export function readFullEffect(dir: string, firm: string, since: Instant): readonly DatedRecord[] | null {
  const [before, after] = [readRecords(dir, firm), readRetrofit(dir, firm, since)]
  if (!before || !('records' in before) || !after || !('records' in after)) return null
  // a ramp ends with its full effect
  const last = new Map(after.records.map((record) => [`${record.kind}/${record.key}`, record]))
  return [...before.records, ...[...last.values()].map((record) => ({ ...record, from: since }))]
}

/** Text of a file that may be there; null: it is not. */
function textOf(
  dir: string,
  firm: string,
  name: string,
): { readonly text: string } | { readonly message: string } | null {
  try {
    return { text: fs.readFileSync(path.join(dir, firm, name), 'utf8') }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? null : { message: `cannot be read (${code})` }
  }
}

const wholeFile = (message: string): FileFault => ({ path: '', line: 1, message })
