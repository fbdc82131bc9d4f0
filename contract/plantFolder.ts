/** The plants of an installation: one folder per firm under DIR, each with its plant.yaml. The only file here that reads a disk. */
import fs from 'node:fs'
import path from 'node:path'
import { readPlantFile, type FileFault, type PlantReading } from './plantFile.ts'
import { Level } from './plant.ts'

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

const wholeFile = (message: string): FileFault => ({ path: '', line: 1, message })
