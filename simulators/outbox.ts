/**
 * What the simulated devices still have to tell, and what their machines remember: one SQLite file, so that both survive a kill.
 * An item leaves it only by its acknowledgement; a signal (QoS 0) also when its device's part is full: the oldest goes, counted.
 */
import fs from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'

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
}
export type Waiting = Entry & { readonly id: number }

type Load = { signals: number; evidence: number }
const part = (qos: number): keyof Load => (qos === 0 ? 'signals' : 'evidence')

export class Outbox {
  readonly #db: DatabaseSync
  readonly #insert: StatementSync
  readonly #delete: StatementSync
  readonly #next: StatementSync
  readonly #trim: StatementSync
  readonly #save: StatementSync
  readonly #loads = new Map<string, Load>()
  readonly #maxSignals: number
  #acknowledged: { id: number; device: string; qos: 0 | 1 }[] = []
  #dropped = 0

  /** `maxSignals` of one device; evidence has no limit here: see Engine. */
  constructor(file: string, maxSignals = 3600) {
    this.#maxSignals = maxSignals
    this.#db = new DatabaseSync(file)
    this.#db.exec(`
      PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;
      CREATE TABLE IF NOT EXISTS items (
        id INTEGER PRIMARY KEY AUTOINCREMENT, device TEXT NOT NULL, firm TEXT NOT NULL, machine TEXT NOT NULL,
        class TEXT NOT NULL, boot TEXT NOT NULL, seq INTEGER NOT NULL, qos INTEGER NOT NULL, item TEXT NOT NULL) STRICT;
      CREATE INDEX IF NOT EXISTS items_of_device ON items (device, id);
      CREATE TABLE IF NOT EXISTS machines (path TEXT PRIMARY KEY, sim TEXT NOT NULL) STRICT;
    `)
    this.#insert = this.#db.prepare(
      'INSERT INTO items (device, firm, machine, class, boot, seq, qos, item) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    )
    this.#delete = this.#db.prepare('DELETE FROM items WHERE id = ?')
    this.#next = this.#db.prepare('SELECT * FROM items WHERE device = ? AND id > ? ORDER BY id LIMIT ?')
    this.#trim = this.#db.prepare(
      'DELETE FROM items WHERE id IN (SELECT id FROM items WHERE device = ? AND qos = 0 ORDER BY id LIMIT ?)',
    )
    this.#save = this.#db.prepare('INSERT OR REPLACE INTO machines (path, sim) VALUES (?, ?)')
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
  write(entries: readonly Entry[], sims: ReadonlyMap<string, string>): void {
    const gone = this.#acknowledged
    const loads = new Map<string, Load>()
    const load = (device: string): Load => {
      let after = loads.get(device)
      if (!after) loads.set(device, (after = { ...this.#load(device) }))
      return after
    }
    let dropped = 0
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      for (const { id, device, qos } of gone) load(device)[part(qos)] -= Number(this.#delete.run(id).changes)
      for (const e of entries) {
        this.#insert.run(e.device, e.firm, e.machine, e.class, e.boot, e.seq, e.qos, e.item)
        load(e.device)[part(e.qos)]++
      }
      for (const [path, sim] of sims) this.#save.run(path, sim)
      for (const [device, after] of loads) {
        if (after.signals <= this.#maxSignals) continue
        const trimmed = Number(this.#trim.run(device, after.signals - this.#maxSignals).changes)
        after.signals -= trimmed
        dropped += trimmed
      }
      this.#db.exec('COMMIT')
    } catch (error) {
      this.#db.exec('ROLLBACK')
      throw error
    }
    this.#acknowledged = []
    this.#dropped += dropped
    for (const [device, after] of loads) this.#loads.set(device, after)
  }

  /** The oldest items of a device after an id. */
  next(device: string, after: number, limit: number): Waiting[] {
    return this.#next.all(device, after, limit) as Waiting[]
  }

  /** Its publish callback said so. It leaves the file with the next write; a kill before that sends it again, which is harmless. */
  acknowledge({ id, device, qos }: Waiting): void {
    this.#acknowledged.push({ id, device, qos })
  }

  /** What each machine remembered, by `firm/path`. */
  sims(): Map<string, string> {
    const rows = this.#db.prepare('SELECT path, sim FROM machines').all() as { path: string; sim: string }[]
    return new Map(rows.map(({ path, sim }) => [path, sim]))
  }

  /** Removes the items of devices that the plant files no longer name: nobody may send them. Returns how many. */
  keepOnly(devices: ReadonlySet<string>): number {
    let removed = 0
    for (const device of this.#loads.keys()) {
      if (devices.has(device)) continue
      removed += Number(this.#db.prepare('DELETE FROM items WHERE device = ?').run(device).changes)
      this.#loads.delete(device)
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
export function openOutbox(file: string, onDamage: (aside: string, why: string) => void): Outbox {
  try {
    return open(file)
  } catch (error) {
    if (!DAMAGED.includes((error as { errcode?: number }).errcode ?? 0)) throw error
    const aside = `${file}.damaged`
    fs.renameSync(file, aside)
    for (const suffix of ['-wal', '-shm']) fs.rmSync(`${file}${suffix}`, { force: true })
    onDamage(aside, (error as Error).message)
    return open(file)
  }
}

function open(file: string): Outbox {
  const outbox = new Outbox(file)
  fs.chmodSync(file, 0o600)
  return outbox
}
