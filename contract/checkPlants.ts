/** What is wrong with the plant files of an installation, in lines for a person: `plants/demo-a/plant.yaml:41 kinds.lathe: …`. */
import { join } from 'node:path'
import { readPlantFolder, readSimulation } from './plantFolder.ts'

export type PlantsCheck = {
  /** One per fault, or one per firm whose file is good. */
  readonly lines: readonly string[]
  readonly faults: number
}

/** Checks DIR/<firm>/plant.yaml of every firm, and its simulation.yaml where it has one. A folder that cannot be read is a fault like any other. */
export function checkPlants(dir: string): PlantsCheck {
  try {
    const plants = readPlantFolder(dir)
    if (plants.length === 0) return { lines: [`${dir}: holds no firm's folder`], faults: 0 }
    const perFirm = plants.map(({ firm, file, reading }) => {
      if ('faults' in reading)
        return reading.faults.map(
          ({ path, line, message }) => `${file}:${line} ${path === '' ? 'file' : path}: ${message}`,
        )
      const { machines, credentials } = reading.plant
      const meters = machines.filter(({ meter }) => meter).length
      const has = `${machines.length - meters} machines, ${meters} meters, ${credentials.length} credentials`
      return [`${file}: ok, ${firm}: ${has}`]
    })
    const simulations = plants.flatMap(({ firm }) => {
      const read = readSimulation(dir, firm)
      if (!read || 'simulation' in read) return []
      return read.problems.map((problem) => `${join(dir, firm, 'simulation.yaml')}: ${problem}`)
    })
    const faults = plants.reduce((n, { reading }) => n + ('faults' in reading ? reading.faults.length : 0), 0)
    return { lines: [...perFirm.flat(), ...simulations], faults: faults + simulations.length }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return { lines: [`${dir}: cannot be read (${code}): choose another folder with --plants`], faults: 1 }
  }
}
