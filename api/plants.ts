/**
 * Plant files become `plant.put` control entries: at start and whenever a file changes, so that a plant is versioned and replayable like
 * everything else. A faulty file is logged with every fault; the plant in force stays.
 */
import { isDeepStrictEqual } from 'node:util'
import fs from 'node:fs'
import path from 'node:path'
import { readPlantFolder, type PlantOfFirm } from '#contract/plantFolder.ts'
import { MINUTE } from '#domain/time.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { performAsSystem } from './deed.ts'
import type { Ports } from './ports.ts'

const LOOK_EVERY_MS = 2000
/** A `plant.put` that got no answer is sent again after this long. */
const AGAIN_AFTER_MS = MINUTE

type Sent = { readonly plant: Plant; readonly at: number }

export class PlantFiles {
  readonly #dir: string
  readonly #sent = new Map<string, Sent>()
  /** Stamp of the folder when nothing was left to do; undefined before. */
  #settled: string | null | undefined = undefined
  readonly #toldFaults = new Map<string, string>()
  #faulty = 0
  #files = 0
  #timer: NodeJS.Timeout | undefined
  #watcher: fs.FSWatcher | null = null
  #busy = false
  #again = false

  constructor(dir: string) {
    this.#dir = dir
  }

  /** For /health: names no firm. Null: every file is in order. */
  faults(): string | null {
    if (this.#faulty === 0) return null
    return `${this.#faulty} of ${this.#files} plant files are faulty and not loaded: npm run check:plants lists why`
  }

  /** Follows the files; resolves after the first look, so that a new installation knows its plants before it says that it is ready. */
  async watch(ports: Ports): Promise<void> {
    const look = () => void this.look(ports)
    try {
      this.#watcher = fs.watch(this.#dir, { recursive: true }, look)
      this.#watcher.on('error', (error) =>
        ports.log.warn({ err: error }, 'plant files are looked at every 2 s only'),
      )
    } catch (error) {
      ports.log.warn({ err: error }, 'plant files are looked at every 2 s only')
    }
    this.#timer = setInterval(look, LOOK_EVERY_MS)
    await this.look(ports)
  }

  close(): void {
    clearInterval(this.#timer)
    this.#watcher?.close()
  }

  /** Reads every file and puts what differs from the plant in force. One look at a time; a change during one starts another. */
  async look(ports: Ports): Promise<void> {
    this.#again = true
    if (this.#busy) return
    this.#busy = true
    try {
      while (this.#again) {
        this.#again = false
        await this.#lookOnce(ports)
      }
    } catch (error) {
      ports.log.error({ err: error, plants: this.#dir }, 'plant files could not be read')
    } finally {
      this.#busy = false
    }
  }

  async #lookOnce(ports: Ports): Promise<void> {
    const stamp = stampOf(this.#dir)
    if (stamp === this.#settled) return
    const found = stamp === null ? [] : readPlantFolder(this.#dir)
    this.#files = found.length
    this.#faulty = found.filter(({ reading }) => 'faults' in reading).length
    let settled = true
    for (const one of found) {
      this.#tell(ports, one)
      if ('plant' in one.reading) settled = (await this.#put(ports, one.firm, one.reading.plant)) && settled
    }
    this.#settled = settled ? stamp : undefined
  }

  /** Every fault once, until the file changes. */
  #tell(ports: Ports, { firm, file, reading }: PlantOfFirm): void {
    const faults = 'faults' in reading ? reading.faults : []
    const key = JSON.stringify(faults)
    if (this.#toldFaults.get(firm) === key) return
    this.#toldFaults.set(firm, key)
    for (const { path: where, line, message } of faults)
      ports.log.error(
        { file, line, path: where, fault: message },
        'plant file is faulty: the plant in force stays',
      )
  }

  /** True when the file's plant is in force, or was refused: nothing is left to do until the file changes. */
  async #put(ports: Ports, firm: string, plant: Plant): Promise<boolean> {
    const inForce = ports.ledgers.of(firm)?.plant() ?? null
    if (inForce && isDeepStrictEqual(inForce.plant, plant)) {
      this.#sent.delete(firm)
      return true
    }
    const sent = this.#sent.get(firm)
    if (sent && isDeepStrictEqual(sent.plant, plant) && ports.now() - sent.at < AGAIN_AFTER_MS) return false
    const result = await performAsSystem(ports, 'plant-file', firm, {
      kind: 'plant.put',
      version: (inForce?.version ?? 0) + 1,
      body: plant,
      reason: 'plant file changed',
    })
    if (result.status === 'unavailable') return false
    this.#sent.set(firm, { plant, at: ports.now() })
    if (result.status === 'refused')
      ports.log.error(
        { firm, why: result.why, detail: result.detail },
        'plant file was refused by the pipeline',
      )
    else ports.log.info({ firm, status: result.status }, 'plant file put')
    return result.status !== 'pending'
  }
}

/** Name, size and time of every plant file: equal means that nothing changed. Null: there is no folder. */
function stampOf(dir: string): string | null {
  if (!fs.existsSync(dir)) return null
  const rows = fs.readdirSync(dir).map((firm) => {
    const found = fs.statSync(path.join(dir, firm, 'plant.yaml'), { throwIfNoEntry: false })
    return found ? `${firm} ${found.size} ${found.mtimeMs} ${found.ino}` : firm
  })
  return rows.toSorted().join('\n')
}
