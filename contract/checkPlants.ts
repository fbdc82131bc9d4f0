/** What is wrong with the files of an installation's plants, in lines for a person: `plants/demo-a/plant.yaml:41 kinds.lathe: …`. */
import { join } from 'node:path'
import {
  readPlantFolder,
  readRecords,
  readRetrofit,
  readSimulation,
  type PlantOfFirm,
} from './plantFolder.ts'
import type { RecordsReading } from './records.ts'

export type PlantsCheck = {
  /** One per fault, or one per file that is good. */
  readonly lines: readonly string[]
  readonly faults: number
}

/**
 * Checks DIR/<firm>/plant.yaml of every firm, and beside it records.yaml, records-retrofit.yaml and simulation.yaml where it has them.
 * A folder that cannot be read is a fault like any other.
 */
export function checkPlants(dir: string): PlantsCheck {
  try {
    const plants = readPlantFolder(dir)
    if (plants.length === 0) return { lines: [`${dir}: holds no firm's folder`], faults: 0 }
    const checks = [
      ...plants.map(checkPlant),
      ...plants.flatMap(({ firm }) => checkRecords(dir, firm)),
      ...plants.map(({ firm }) => checkSimulation(dir, firm)),
    ]
    return {
      lines: checks.flatMap(({ lines }) => lines),
      faults: checks.reduce((sum, { faults }) => sum + faults, 0),
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return { lines: [`${dir}: cannot be read (${code}): choose another folder with --plants`], faults: 1 }
  }
}

const good = (line: string): PlantsCheck => ({ lines: [line], faults: 0 })
const faulty = (lines: readonly string[]): PlantsCheck => ({ lines, faults: lines.length })

type Fault = { readonly path: string; readonly line: number; readonly message: string }
const placed = (file: string, faults: readonly Fault[]): PlantsCheck =>
  faulty(
    faults.map(({ path, line, message }) => `${file}:${line} ${path === '' ? 'file' : path}: ${message}`),
  )

function checkPlant({ firm, file, reading }: PlantOfFirm): PlantsCheck {
  if ('faults' in reading) return placed(file, reading.faults)
  const { machines, credentials } = reading.plant
  const meters = machines.filter(({ meter }) => meter).length
  const has = `${machines.length - meters} machines, ${meters} meters, ${credentials.length} credentials`
  return good(`${file}: ok, ${firm}: ${has}`)
}

/** A retrofit is checked as one that begins when the newest record does: which day it will be makes no other faults. */
function checkRecords(dir: string, firm: string): PlantsCheck[] {
  const check = (name: string, reading: RecordsReading): PlantsCheck => {
    const file = join(dir, firm, name)
    if ('faults' in reading) return placed(file, reading.faults)
    return good(`${file}: ok, ${reading.records.length} records`)
  }
  const base = readRecords(dir, firm)
  const records = base !== null && 'records' in base ? base.records : []
  const retrofit = readRetrofit(dir, firm, Math.max(0, ...records.map(({ from }) => from)))
  return [
    ...(base ? [check('records.yaml', base)] : []),
    ...(retrofit ? [check('records-retrofit.yaml', retrofit)] : []),
  ]
}

function checkSimulation(dir: string, firm: string): PlantsCheck {
  const read = readSimulation(dir, firm)
  if (!read || 'simulation' in read) return faulty([])
  return faulty(read.problems.map((problem) => `${join(dir, firm, 'simulation.yaml')}: ${problem}`))
}
