/**
 * The plants of an installation: one folder per firm under DIR, each with its plant.yaml, and where a simulated one lives in its own way, a
 * simulation.yaml beside it. The only file here that reads a disk.
 */
import fs from 'node:fs'
import path from 'node:path'
import { readPlantFile, type FileFault, type PlantReading } from './plantFile.ts'
import { Level } from './plant.ts'
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
  try {
    return readSimulationFile(fs.readFileSync(path.join(dir, firm, 'simulation.yaml'), 'utf8'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? null : { problems: [`cannot be read (${code})`] }
  }
}

const wholeFile = (message: string): FileFault => ({ path: '', line: 1, message })
