/**
 * What the simulated devices still have to tell, what their machines and faults remember, and what is to be noted in the truth: one SQLite
 * file, so that all of it survives a kill together.
 * An item leaves it by its acknowledgement; a signal (QoS 0) also when its device's part is full: the oldest goes, counted; and
 * everything of a device whose plug is pulled.
 */
import fs from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Millis } from '#domain/time.ts'
import type { TruthChanges } from '#store/truth/changes.ts'
import { timesOf, Told } from './faults/told.ts'
import { prepareOutbox } from './outboxSchema.ts'

export type Entry = {
  /** `firm/name` of the credential that sends it. */
  readonly device: string
  readonly firm: string
  readonly machine: string
  readonly class: string
  readonly boot: string
  readonly seq: number
  readonly qos: 0 | 1
  /** JSON object: ts, seq and the fields of its class. */
  readonly item: string
  /** How far the clock of the device is ahead of ours when it sends this; default 0. */
  readonly skew?: Millis
  /** Bytes as base64, sent as they are instead of the item. */
  readonly raw?: string | null
  /** 1 (default): the product judges its times; 0: a copy, or something that is put aside anyhow. */
  readonly timed?: 0 | 1
}
/** Beside the items of a turn. */
export type Beside = {
  /** What faults remember, by `machine firm/path` or `device firm/name`. */
  readonly faultStates?: ReadonlyMap<string, string>
  /** Devices that lose everything that waits. */
  readonly emptied?: readonly string[]
}
export type Waiting = Entry & { readonly id: number }

type Load = { signals: number; evidence: number }
/** Beside the names of machines and devices in fault_states. */
const SWITCHBOARD = 'switchboard'
/** Every item begins with `{"ts":`. */
const TS_AT = 6
const part = (qos: number): keyof Load => (qos === 0 ? 'signals' : 'evidence')

export class Outbox {
  readonly #db: DatabaseSync
  readonly #insert: StatementSync
  readonly #delete: StatementSync
  readonly #next: StatementSync
  readonly #trim: StatementSync
  readonly #save: StatementSync
  readonly #empty: StatementSync
  readonly #tell: StatementSync
  readonly #remember: StatementSync
  readonly #loads = new Map<string, Load>()
  readonly #maxSignals: number
  #acknowledged: { id: number; device: string; qos: 0 | 1 }[] = []
  /** Devices that no plant file names any more. */
  #gone: string[] = []
  #dropped = 0
  /** For the truth, since the last write. */
  readonly told = new Told()
  /** Handed to a connection and not acknowledged. */
  readonly #sent = new Set<number>()
  #truthId: number

  /** `maxSignals` of one device; evidence has no limit here: see Engine. */
  constructor(file: string, maxSignals = 3600) {
    this.#maxSignals = maxSignals
    this.#db = new DatabaseSync(file)
    prepareOutbox(this.#db)
    this.#insert = this.#db.prepare(
      `INSERT INTO items (device, firm, machine, class, boot, seq, qos, item, skew, raw, timed)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#delete = this.#db.prepare('DELETE FROM items WHERE id = ?')
    this.#next = this.#db.prepare('SELECT * FROM items WHERE device = ? AND id > ? ORDER BY id LIMIT ?')
    this.#trim = this.#db.prepare(
      'DELETE FROM items WHERE id IN (SELECT id FROM items WHERE device = ? AND qos = 0 ORDER BY id LIMIT ?) RETURNING *',
    )
    this.#empty = this.#db.prepare('DELETE FROM items WHERE device = ? RETURNING *')
    this.#tell = this.#db.prepare('INSERT INTO truths (id, firm, changes) VALUES (?, ?, ?)')
    this.#remember = this.#db.prepare('INSERT OR REPLACE INTO fault_states (name, state) VALUES (?, ?)')
    this.#save = this.#db.prepare('INSERT OR REPLACE INTO machines (path, sim) VALUES (?, ?)')
    // the newest ever given, whether it is still there or not
    const newest = this.#db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'truths'").get()
    this.#truthId = Number(newest?.['seq'] ?? 0)
    const counted = this.#db
      .prepare('SELECT device, qos, count(*) AS n FROM items GROUP BY device, qos')
      .all()
    for (const row of counted as { device: string; qos: number; n: number }[])
      this.#load(row.device)[part(row.qos)] = row.n
  }

  #load(device: string): Load {
    let load = this.#loads.get(device)
    if (!load) this.#loads.set(device, (load = { signals: 0, evidence: 0 }))
    return load
  }

  /** Stores new items and what the machines remember, and removes what was acknowledged: all of it or nothing. Throws SQLite's error. */
  write(entries: readonly Entry[], sims: ReadonlyMap<string, string>, beside: Beside = {}): void {
    const gone = this.#acknowledged
    const loads = new Map<string, Load>()
    const load = (device: string): Load => {
      let after = loads.get(device)
      if (!after) loads.set(device, (after = { ...this.#load(device) }))
      return after
    }
    const lost = new Told()
    let truthId = this.#truthId
    let dropped = 0
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      for (const { id, device, qos } of gone) load(device)[part(qos)] -= Number(this.#delete.run(id).changes)
      for (const device of [...this.#gone, ...(beside.emptied ?? [])]) {
        for (const row of this.#empty.all(device) as Waiting[]) {
          lost.item(row, 'lost')
          this.#sent.delete(row.id)
        }
        Object.assign(load(device), { signals: 0, evidence: 0 })
      }
      for (const e of entries) {
        const { skew = 0, raw = null, timed = 1 } = e
        this.#insert.run(e.device, e.firm, e.machine, e.class, e.boot, e.seq, e.qos, e.item, skew, raw, timed)
        load(e.device)[part(e.qos)]++
      }
      for (const [path, sim] of sims) this.#save.run(path, sim)
      for (const [device, after] of loads) {
        if (after.signals <= this.#maxSignals) continue
        const trimmed = this.#trim.all(device, after.signals - this.#maxSignals) as Waiting[]
        for (const row of trimmed) lost.item(row, 'lost')
        after.signals -= trimmed.length
        dropped += trimmed.length
      }
      for (const [name, state] of beside.faultStates ?? []) this.#remember.run(name, state)
      for (const { changes } of [this.told, lost])
        for (const [firm, one] of changes) this.#tell.run(++truthId, firm, JSON.stringify(one))
      this.#db.exec('COMMIT')
    } catch (error) {
      this.#db.exec('ROLLBACK')
      throw error
    }
    this.#acknowledged = []
    this.#gone = []
    this.told.clear()
    this.#truthId = truthId
    this.#dropped += dropped
    for (const [device, after] of loads) this.#loads.set(device, after)
  }

  /** The oldest items of a device after an id. */
  next(device: string, after: number, limit: number): Waiting[] {
    return this.#next.all(device, after, limit) as Waiting[]
  }

  /** Its publish callback said so. It leaves the file with the next write; a kill before that sends it again, which is harmless. */
  acknowledge(entry: Waiting): void {
    const { id, device, qos } = entry
    this.#sent.delete(id)
    this.told.item(entry, 'acknowledged')
    this.#acknowledged.push({ id, device, qos })
  }

  /** It was handed to a connection by a device whose clock showed `at`; `now` is true time. */
  sent(entry: Waiting, at: number, now: number): void {
    this.told.item(entry, 'sent')
    if (entry.timed === 0 || this.#sent.has(entry.id)) return
    this.#sent.add(entry.id)
    const counters = timesOf(Number.parseInt(entry.item.slice(TS_AT), 10), at, now)
    const { firm, machine, class: cls, boot, seq } = entry
    if (counters.length > 0)
      this.told.note(firm, { machine, class: cls, boot, seq, what: 'times', counters, n: 1 })
  }

  /** Newest id given. */
  get newest(): number {
    return Number(this.#db.prepare('SELECT max(id) AS id FROM items').get()?.['id'] ?? 0)
  }

  /** What faults remembered, by name. */
  faultStates(): Map<string, string> {
    const rows = this.#db.prepare('SELECT name, state FROM fault_states').all()
    return new Map(rows.map((row) => [row['name'] as string, row['state'] as string]))
  }

  /** The faults in force, as saved. */
  faults(): string[] {
    return this.#db
      .prepare('SELECT fault FROM faults ORDER BY place')
      .all()
      .map((row) => row['fault'] as string)
  }

  /** What the switchboard remembers beside them; null: nothing is saved. */
  faultMemory(): string | null {
    const row = this.#db.prepare('SELECT state FROM fault_states WHERE name = ?').get(SWITCHBOARD)
    return (row?.['state'] as string | undefined) ?? null
  }

  /** On the disk when it returns. Throws SQLite's error. */
  saveFaults(faults: readonly string[], memory: string): void {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      this.#db.exec('DELETE FROM faults')
      const insert = this.#db.prepare('INSERT INTO faults (fault) VALUES (?)')
      for (const fault of faults) insert.run(fault)
      this.#remember.run(SWITCHBOARD, memory)
      this.#db.exec('COMMIT')
    } catch (error) {
      this.#db.exec('ROLLBACK')
      throw error
    }
  }

  /** The truth has changes up to this id: what is written from now on is newer, even in an outbox begun anew. */
  tellAfter(id: number): void {
    this.#truthId = Math.max(this.#truthId, id)
  }

  /** What is to be applied to the truth of each firm, oldest first. */
  truths(): { readonly id: number; readonly firm: string; readonly changes: TruthChanges }[] {
    const rows = this.#db.prepare('SELECT id, firm, changes FROM truths ORDER BY id LIMIT 1000').all()
    return rows.map(({ id, firm, changes }) => ({
      id: id as number,
      firm: firm as string,
      changes: JSON.parse(changes as string) as TruthChanges,
    }))
  }

  /** They are in the truth's own files. */
  forgetTruths(upTo: number): void {
    this.#db.prepare('DELETE FROM truths WHERE id <= ?').run(upTo)
  }

  /** What each machine remembered, by `firm/path`. */
  sims(): Map<string, string> {
    const rows = this.#db.prepare('SELECT path, sim FROM machines').all() as { path: string; sim: string }[]
    return new Map(rows.map(({ path, sim }) => [path, sim]))
  }

  /**
   * The items of devices that the plant files no longer name go with the next write, noted as lost: nobody may send them. A firm in `spared`
   * keeps its own (its plant file cannot be read now). Returns how many go.
   */
  keepOnly(devices: ReadonlySet<string>, spared: ReadonlySet<string> = new Set()): number {
    let removed = 0
    for (const [device, { signals, evidence }] of this.#loads) {
      if (devices.has(device) || spared.has(device.slice(0, device.indexOf('/')))) continue
      removed += signals + evidence
      this.#loads.delete(device)
      this.#gone.push(device)
    }
    return removed
  }

  get waiting(): Readonly<Load> {
    const total = { signals: 0, evidence: 0 }
    for (const { signals, evidence } of this.#loads.values()) {
      total.signals += signals
      total.evidence += evidence
    }
    for (const { qos } of this.#acknowledged) total[part(qos)]--
    return total
  }

  /** Of one firm's devices; without a firm, of all. */
  waitingOf(firm?: string): Readonly<Load> {
    if (firm === undefined) return this.waiting
    const total = { signals: 0, evidence: 0 }
    const own = (device: string) => device.startsWith(`${firm}/`)
    for (const [device, { signals, evidence }] of this.#loads) {
      if (!own(device)) continue
      total.signals += signals
      total.evidence += evidence
    }
    for (const { qos, device } of this.#acknowledged) if (own(device)) total[part(qos)]--
    return total
  }

  /** Signals dropped because their device's part was full. */
  get dropped(): number {
    return this.#dropped
  }

  close(): void {
    this.write([], new Map())
    this.#db.close()
  }
}

/** SQLITE_CORRUPT, SQLITE_NOTADB */
const DAMAGED = [11, 26]

/** Opens the file (0600). A damaged one is set aside, named to `onDamage`, and a new one begun: its devices begin anew. */
export function openOutbox(
  file: string,
  onDamage: (aside: string, why: string) => void,
  maxSignals?: number,
): Outbox {
  try {
    return open(file, maxSignals)
  } catch (error) {
    if (!DAMAGED.includes((error as { errcode?: number }).errcode ?? 0)) throw error
    const aside = `${file}.damaged`
    fs.renameSync(file, aside)
    for (const suffix of ['-wal', '-shm']) fs.rmSync(`${file}${suffix}`, { force: true })
    onDamage(aside, (error as Error).message)
    return open(file, maxSignals)
  }
}

function open(file: string, maxSignals?: number): Outbox {
  const outbox = new Outbox(file, maxSignals)
  fs.chmodSync(file, 0o600)
  return outbox
}
