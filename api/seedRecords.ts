/**
 * Records of the plant files become `record.put`: once, when a firm's plant is in force and its ledger has no record. For a simulated
 * plant whose past holds a retrofit, what the retrofit changes follows as soon as its date is known. From then on people keep the
 * records: a file that changes later is not read again.
 */
import fs from 'node:fs'
import { readFullEffect, readRecords, readRetrofit } from '#contract/plantFolder.ts'
import type { RecordsReading } from '#contract/records.ts'
import { calendarOf, productionDay, spanOfDay, type Calendar } from '#domain/accounting/calendar.ts'
import type { DatedRecord } from '#domain/accounting/records.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { DAY, MINUTE, type Instant } from '#domain/time.ts'
import { idOfContent, performAsSystem } from './deed.ts'
import type { LedgerReader } from './ledgers.ts'
import { Lookout } from './lookout.ts'
import type { Ports } from './ports.ts'

/** Authors in the journal: by them a ledger tells that it has its seeds. */
export const RECORDS_FILE = 'records-file'
export const RETROFIT_FILE = 'retrofit-file'

const LOOK_EVERY_MS = 2000
/** A `record.put` that got no answer is sent again after this long, under the same id. */
const AGAIN_AFTER_MS = MINUTE

/** When the production day of a date begins. */
export function beginOf({ shifts }: Plant, day: string): Instant {
  return spanOfDay(plainCalendar(shifts), day).from
}

function plainCalendar(shifts: Plant['shifts']): Calendar {
  const made = calendarOf(shifts, [])
  // a plant in force was checked
  return 'calendar' in made ? made.calendar : { start: 0, shifts: [], closed: new Set() }
}

export class RecordSeeds extends Lookout {
  readonly #dir: string
  /** Firms that nothing is left to do for. */
  readonly #done = new Set<string>()
  readonly #sentAt = new Map<string, Instant>()
  readonly #told = new Set<string>()

  constructor(dir: string) {
    super(LOOK_EVERY_MS, 'records of the plant files could not be put')
    this.#dir = dir
  }

  protected override async lookOnce(ports: Ports): Promise<void> {
    for (const firm of fs.existsSync(this.#dir) ? fs.readdirSync(this.#dir) : [])
      if (!this.#done.has(firm) && (await this.#seed(ports, firm))) this.#done.add(firm)
  }

  /** True when nothing is left to do. */
  async #seed(ports: Ports, firm: string): Promise<boolean> {
    const ledger = ports.ledgers.of(firm)
    const plant = ledger?.plant()?.plant
    if (!ledger || !plant) return false
    const known = ledger.records()
    if (known.length === 0) {
      const reading = readRecords(this.#dir, firm)
      if (reading === null) return true
      const isPut = await this.#put(ports, ledger, firm, RECORDS_FILE, reading)
      return isPut && !plant.simulated
    }
    // whoever has records of their own, and none of the file, has no retrofit of the file
    if (!plant.simulated || known.every(({ by }) => by !== RECORDS_FILE)) return true
    if (known.some(({ by }) => by === RETROFIT_FILE)) return true
    if (!fs.existsSync(`${this.#dir}/${firm}/records-retrofit.yaml`)) return true
    const day = await retrofitOf(ports, firm)
    if (day === null) return false
    const reading = readRetrofit(this.#dir, firm, beginOf(plant, day))
    return reading === null || this.#put(ports, ledger, firm, RETROFIT_FILE, reading)
  }

  /** True when they are in the ledger. */
  async #put(
    ports: Ports,
    ledger: LedgerReader,
    firm: string,
    author: string,
    reading: RecordsReading,
  ): Promise<boolean> {
    if ('faults' in reading) {
      for (const { path, line, message } of reading.faults)
        this.#tell(ports, `${firm} ${author} ${path} ${line}`, { firm, author, path, line, fault: message })
      return false
    }
    const { records } = reading
    if (records.length === 0) return true
    const id = idOfContent(JSON.stringify([firm, author, records]))
    const answer = ledger.answerTo(id)
    if (answer?.kind === 'control.accepted') return true
    const sentAt = this.#sentAt.get(id)
    if (answer || (sentAt !== undefined && ports.now() - sentAt < AGAIN_AFTER_MS)) return false
    this.#sentAt.set(id, ports.now())
    const deed = { kind: 'record.put', version: 1, body: { records }, reason: 'plant files', id } as const
    const result = await performAsSystem(ports, author, firm, deed)
    if (result.status === 'unavailable') this.#sentAt.delete(id)
    if (result.status === 'refused')
      this.#tell(ports, id, { firm, author, why: result.why, fault: result.detail })
    else ports.log.info({ firm, author, records: records.length, status: result.status }, 'records put')
    return result.status === 'accepted'
  }

  /** Once. */
  #tell(ports: Ports, name: string, what: Readonly<Record<string, unknown>>): void {
    if (this.#told.has(name)) return
    this.#told.add(name)
    ports.log.error(what, 'records of a plant file are not in force')
  }
}

/** First production day of the retrofit in the past that a simulated plant is told; null: none is known. */
async function retrofitOf(ports: Ports, firm: string): Promise<string | null> {
  try {
    const runs = await ports.simulators.runs()
    return runs.find((run) => run.firm === firm && run.standing)?.history?.retrofit ?? null
  } catch {
    return null // none run, or not yet
  }
}

/**
 * Records of a run: those of the plant it copies, from its files; with `retrofit` also what the retrofit changes, all of it from before the
 * first day that the run lives. A plant without files has those that its ledger got first. Empty: nobody knows any.
 */
export function recordsOfRun(
  ports: Pick<Ports, 'ledgers' | 'plants'>,
  source: string,
  retrofit: boolean,
  first: Instant,
): readonly DatedRecord[] {
  const reading = readRecords(ports.plants, source)
  const ledger = ports.ledgers.of(source)
  if (reading === null) {
    const rows = ledger?.records() ?? []
    return rows
      .filter(({ offset }) => offset === rows[0]!.offset)
      .map(({ id: _id, at: _at, offset: _offset, by: _by, ...record }) => record as DatedRecord)
  }
  if (!('records' in reading)) return []
  const plant = ledger?.plant()?.plant
  if (!retrofit || !plant) return reading.records
  const begin = beginOf(plant, productionDay(plainCalendar(plant.shifts), first - DAY))
  return readFullEffect(ports.plants, source, begin) ?? reading.records
}
