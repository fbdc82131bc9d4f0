/**
 * Everything ingest holds of one firm: its plant in force, machines, balance and ledger, and the changes since the last commit. The
 * journal alone changes it (but for what the historian refuses), so the same entries always lead to the same ledger.
 */
import type { LedgerEvent } from '#contract/live.ts'
import type { EventHeard } from '#domain/accounting/facts.ts'
import { shapedFrom } from '#domain/accounting/recordChanges.ts'
import { priceBook, type DatedRecord, type PriceBook } from '#domain/accounting/records.ts'
import type { Span } from '#domain/accounting/span.ts'
import type { DeviceClass } from '#contract/topics.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { indexPlant, type PlantIndex } from '#domain/telemetry/check.ts'
import { dayNumber, HASH_DAYS } from '#domain/telemetry/hashBlock.ts'
import { DAY, type Instant, type Millis } from '#domain/time.ts'
import type {
  AccountRow,
  HashRow,
  LedgerChanges,
  MonthCloseRow,
  NewEvent,
  QuarantineDecided,
  QuarantineRow,
  RecordRow,
  SettledRow,
} from '#store/ledger/changes.ts'
import type { PaneHead } from '#store/ledger/paneRows.ts'
import { sampleDay } from '#store/ledger/samples.ts'
import { openLedgerWriter, type LedgerWriter, type StoredPlant } from '#store/ledger/writer.ts'
import { Almanac } from '#domain/accounting/almanac.ts'
import { Corrections } from './corrections.ts'
import { newTally, readTally, type Tally } from './counts.ts'
import { MachineMemory, RECENT_STATES } from './machine.ts'
import { Quarantine } from './quarantine.ts'
import { MESSAGES_KEPT } from './messages.ts'
import { OpenDays } from './openDays.ts'
import { nothing, panesKey, type PanesKey } from './pending.ts'
import { LOOSE, LooseStream, SEQ, SeqStream } from './stream.ts'

/** Newest tick: the monotonic journal clock that silence timers run on. */
export type JournalClock = { readonly wall: Instant; readonly mono: Millis }

/** State messages younger than this stand one by one, so that a late one finds its place. */
const FOLD_AFTER: Millis = 2 * DAY

/** Of an item that was put aside: why, and what was decided on it. */
export type ItemRow = Pick<QuarantineRow, 'id' | 'offset' | 'item' | 'reason'> & {
  readonly status: 'open' | QuarantineDecided['status']
}

export class Firm {
  readonly name: string
  readonly ledger: LedgerWriter
  readonly quarantine: Quarantine
  readonly machines = new Map<string, MachineMemory>()
  readonly plants: StoredPlant[]
  plant: PlantIndex | null = null
  readonly tally: Tally
  /** Journal commit that is in the ledger, and that is through the pipeline. */
  stored: number
  taken: number
  /** Newest journal entry through the pipeline, and its time. */
  offset: number
  at: Instant
  clock: JournalClock
  /** Dated records in the order of their acceptance, and the book that they make. */
  readonly records: RecordRow[]
  books: PriceBook
  /** What people corrected, as far as it stands. */
  readonly corrections: Corrections
  /** Closed months, the oldest close first. */
  readonly monthCloses: MonthCloseRow[]
  readonly almanac: Almanac
  readonly days: OpenDays
  /** Days have settled, be it unchanged, or records or corrections have come since accounts were last looked for; after a start nobody knows. */
  unvalued = true
  /** Month of the production day up to which all is stored; null: there is no plant. */
  month: string | null = null
  /** Machines whose open panes are an hour old. */
  hourly: MachineMemory[] = []
  /** Machines with samples that are not stored. */
  readonly sampled = new Set<MachineMemory>()
  /** Signs last asked for, by machine; nothing has come since. */
  signs: (Span & { readonly byMachine: ReadonlyMap<string, readonly EventHeard[]> }) | null = null
  pending = nothing()
  /** A commit that the disk refused, to be tried again before anything else happens. */
  #unsaved: LedgerChanges | null = null
  #nextStream: number
  #tended = 0
  /** No day before this one is left in the log of samples. */
  #prunedTo = 0

  constructor(dir: string, name: string) {
    this.name = name
    this.ledger = openLedgerWriter(dir, name)
    this.quarantine = new Quarantine(this.ledger)
    this.plants = this.ledger.plants()
    this.records = this.ledger.records.records()
    this.books = priceBook(this.records)
    this.corrections = new Corrections(this.ledger.corrections.allCorrections())
    this.monthCloses = this.ledger.months.monthCloses()
    this.almanac = new Almanac(this.plants, () => this.books)
    this.days = new OpenDays(this.almanac, this.ledger, (day, shift) => this.settledOf(day, shift))
    const progress = this.ledger.progress()
    this.stored = this.taken = progress?.cursor ?? 0
    this.offset = progress?.offset ?? 0
    this.at = progress?.at ?? 0
    this.clock = progress ? (JSON.parse(progress.clock) as JournalClock) : { wall: 0, mono: 0 }
    this.tally = progress ? readTally(progress.counts) : newTally()
    this.#nextStream = this.ledger.nextStream()
    for (const row of this.ledger.machines()) {
      const states = this.ledger.recentStates(row.path, RECENT_STATES)
      this.machines.set(row.path, new MachineMemory(name, row.path, row, states))
    }
    for (const { machine, day, samples } of this.ledger.samples.log())
      this.machine(machine).samples.load(day, samples)
    const last = this.plants.at(-1)
    if (last) this.#usePlant(last.plant)
  }

  /** The machine of a path, known to the plant or not: what it sends is accounted for in either case. */
  machine(path: string): MachineMemory {
    let machine = this.machines.get(path)
    if (!machine) {
      machine = new MachineMemory(this.name, path, null)
      machine.index = this.plant?.machines.get(path) ?? null
      this.machines.set(path, machine)
    }
    return machine
  }

  /** Stream of a boot (null: the device names none). */
  stream(machine: MachineMemory, cls: DeviceClass, boot: string): SeqStream {
    const streams = machine.streams[cls]
    const held = streams.byBoot.get(boot)
    if (held) return (streams.current = held)
    const row = this.ledger.stream(machine.path, cls, SEQ + boot)
    const place = { id: row?.id ?? this.#nextStream++, machine: machine.path, class: cls, key: SEQ + boot }
    const stream = new SeqStream(place, this.ledger, row)
    streams.byBoot.set(boot, stream)
    return (streams.current = stream)
  }

  looseStream(machine: MachineMemory, cls: DeviceClass): LooseStream {
    const streams = machine.streams[cls]
    if (streams.loose) return streams.loose
    const row = this.ledger.stream(machine.path, cls, LOOSE)
    const place = { id: row?.id ?? this.#nextStream++, machine: machine.path, class: cls, key: LOOSE }
    return (streams.loose = new LooseStream(place, this.ledger, row))
  }

  /** Puts a plant in force for every entry after `offset`. Returns its version. */
  putPlant(plant: Plant, since: Instant, offset: number): number {
    const version = (this.plants.at(-1)?.version ?? 0) + 1
    const stored = { version, since, offset, plant }
    this.plants.push(stored)
    this.pending.plants.push(stored)
    this.#usePlant(plant)
    this.almanac.changed()
    this.days.plantChanged(this.clock.mono)
    return version
  }

  /** Records are in force for what happened from their instants on, whenever that is told. */
  putRecords(
    records: readonly DatedRecord[],
    { at, offset, by }: Pick<RecordRow, 'at' | 'offset' | 'by'>,
  ): void {
    const since = shapedFrom(records)
    // before the list grows: a price book makes its books of it when they are asked for
    const shapes = since === null ? null : this.days.shapesFrom(since)
    const rows = records.map((record, i) => ({ ...record, id: this.records.length + 1 + i, at, offset, by }))
    this.records.push(...rows)
    this.pending.records.push(...rows)
    this.books = priceBook(this.records)
    if (shapes === null) return
    this.almanac.changed()
    this.days.recordsChanged(shapes, this.clock.mono)
  }

  /** The account of a settled day, as it was made from what is stored. */
  putAccount(row: AccountRow): void {
    const { day, revision, hash, reason } = row
    const [known] = this.ledger.records.accountHeads(day, day)
    this.pending.accounts.push(row)
    if (known?.revision === revision) return
    this.event('day.valued', this.at, null, { day, revision, hash, reason })
  }

  /** A month is closed: its snapshot holds whatever comes later. */
  closeMonth(row: MonthCloseRow): void {
    this.monthCloses.push(row)
    this.pending.monthCloses.push(row)
    const { month, snapshot, days, by } = row
    this.event('month.closed', row.at, row.offset, { month, snapshot, days: days.length, by })
  }

  #usePlant(plant: Plant): void {
    this.plant = indexPlant(plant)
    for (const path of this.plant.machines.keys()) this.machine(path)
    for (const machine of this.machines.values())
      machine.index = this.plant.machines.get(machine.path) ?? null
  }

  event(
    kind: LedgerEvent['kind'],
    at: Instant,
    offset: number | null,
    body: NewEvent['body'],
    control: string | null = null,
  ): void {
    this.pending.events.push({ at, kind, offset, control, body })
    if (control !== null) this.pending.answered.add(control)
  }

  answered(controlId: string): boolean {
    return this.pending.answered.has(controlId) || this.ledger.answered(controlId)
  }

  /** Rows of a machine (null: of all) that are not in the ledger yet. */
  fresh<K extends 'states' | 'machineEvents' | 'corrections'>(
    kind: K,
    machine: string | null,
  ): LedgerChanges[K][number][] {
    const isOf = (row: LedgerChanges[K][number]) => machine === null || row.machine === machine
    const unsaved: LedgerChanges[K][number][] = this.#unsaved?.[kind].filter(isOf) ?? []
    const pending: LedgerChanges[K][number][] = this.pending[kind].filter(isOf)
    return unsaved.length > 0 ? [...unsaved, ...pending] : pending
  }

  /** The newest panes of a machine in a shift, those included that are not in the ledger yet; null: none were made. */
  paneHead(key: PanesKey): PaneHead | null {
    const fresh = this.pending.panes.get(panesKey(key))
    const unsaved = () => this.#unsaved?.panes.findLast((row) => panesKey(row) === panesKey(key))
    return fresh ?? unsaved() ?? this.ledger.panes.head(key.machine, key.length, key.day, key.shift)
  }

  /** The newest settlement of a shift, likewise. */
  settledOf(day: string, shift: number | null): SettledRow | null {
    const fresh = [...(this.#unsaved?.settled ?? []), ...this.pending.settled]
    return (
      fresh.findLast((row) => row.day === day && row.shift === shift) ?? this.ledger.panes.settled(day, shift)
    )
  }

  touch(machine: MachineMemory): void {
    if (machine.dirty) return
    machine.dirty = true
    this.pending.machines.add(machine)
  }

  /** Stores everything since the last commit in one transaction. Throws what the disk throws; the next call tries the same again. */
  commit(): void {
    if (this.#unsaved !== null) this.#save(this.#unsaved)
    this.#save(this.#changes())
  }

  #save(changes: LedgerChanges): void {
    this.#unsaved = changes
    this.ledger.commit(changes)
    this.stored = changes.progress.cursor
    const { settled, records, corrections, openDays } = changes
    const isOver = openDays.some(({ state }) => state === null)
    if (isOver || settled.length + records.length + corrections.length > 0) this.unvalued = true
    for (const [path, parts] of Map.groupBy(changes.samples, (part) => part.machine))
      this.machine(path).samples.stored(parts)
    this.#unsaved = null
  }

  #changes(): LedgerChanges {
    const { events, plants, quarantine, decided, withheld, states, machineEvents, streams, machines } =
      this.pending
    const { samplesGone, panes, superseded, settled, records, accounts, corrections, monthCloses } =
      this.pending
    const samples = [...this.sampled].flatMap((machine) => machine.samples.unstored(this.at))
    this.sampled.clear()
    const hashes: HashRow[] = []
    const streamRows = [...streams].map((stream) => stream.store(hashes))
    const messages = [...machines].flatMap((machine) => machine.messages.closed.splice(0))
    const machineRows = [...machines].map((machine) => machine.row())
    for (const machine of machines) {
      machine.dirty = false
      machine.forgetOldStreams()
    }
    this.pending = nothing()
    return {
      progress: {
        cursor: this.taken,
        offset: this.offset,
        at: this.at,
        clock: JSON.stringify(this.clock),
        counts: JSON.stringify(this.tally),
      },
      events,
      plants,
      quarantine,
      decided,
      withheld,
      states,
      machineEvents,
      samples,
      samplesGone,
      panes: [...superseded, ...panes.values()],
      settled,
      openDays: this.days.rows(),
      records,
      accounts,
      corrections,
      monthCloses,
      messages,
      tallies: this.quarantine.changes(),
      machines: machineRows,
      streams: streamRows,
      hashes,
      oldestHashDay: dayNumber(this.at) - HASH_DAYS,
    }
  }

  /**
   * Housekeeping, one machine at a time: repeats of old states fold, samples of a day that is over get their own row, messages past
   * their age leave the index.
   */
  tend(): void {
    const paths = [...this.machines.keys()]
    const machine = this.machines.get(paths[this.#tended++ % Math.max(1, paths.length)] ?? '')
    if (!machine) return
    const { ledger, at } = this
    if (machine.index) ledger.foldStates(machine.path, at - FOLD_AFTER, machine.index.machine.stateStaleMs)
    ledger.pruneMessages(machine.path, at - MESSAGES_KEPT)
    const over = machine.samples.over(at)
    if (over.length > 0) {
      ledger.foldSamples(over)
      machine.samples.stored(over)
    }
    this.#pruneLog()
  }

  /** Days before the oldest one that is held stand in rows of their own. */
  #pruneLog(): void {
    const oldest = Math.min(
      ...[...this.machines.values()].flatMap(({ samples }) => [...samples.days()]),
      sampleDay(this.at),
    )
    if (oldest > this.#prunedTo && !this.ledger.pruneLog(oldest)) this.#prunedTo = oldest
  }

  /** The plant in force for a journal entry, or null before the first. */
  plantAt(offset: number): Plant | null {
    return this.plants.findLast((stored) => stored.offset <= offset)?.plant ?? null
  }

  /** Items of the entries in [from, to] that the historian must not see at their own place, as `offset:item`. */
  withheldIn(from: number, to: number): Set<string> {
    const keys = this.ledger.withheldBetween(from, to).map((row) => `${row.offset}:${row.item}`)
    for (const { withheld, quarantine } of this.#notStored()) {
      for (let i = 0; i < withheld.length; i += 2) keys.push(`${withheld[i]}:${withheld[i + 1]}`)
      for (const row of quarantine) keys.push(`${row.offset}:${row.item}`)
    }
    return new Set(keys)
  }

  #notStored(): Pick<LedgerChanges, 'withheld' | 'quarantine' | 'decided'>[] {
    return this.#unsaved === null ? [this.pending] : [this.#unsaved, this.pending]
  }

  /** The newest row of an item that was put aside, or null when none is kept. */
  rowOf(offset: number, item: number): ItemRow | null {
    return this.rowsIn(offset, offset).findLast((row) => row.item === item) ?? null
  }

  /** Every row of the entries in [from, to], the oldest first, as decided by now. */
  rowsIn(from: number, to: number): ItemRow[] {
    const rows: ItemRow[] = this.ledger.rowsBetween(from, to)
    for (const { quarantine } of this.#notStored())
      for (const { id, offset, item, reason } of quarantine)
        if (offset >= from && offset <= to) rows.push({ id, offset, item, reason, status: 'open' })
    const decided = this.#notStored().flatMap((changes) => changes.decided)
    return rows.map((row) => ({ ...row, status: decided.find((d) => d.id === row.id)?.status ?? row.status }))
  }

  /** Items released by the entries in [from, to]: they reach the historian at the place of their release. */
  releasedIn(from: number, to: number): { decided: number; offset: number; item: number }[] {
    const rows = this.ledger.releasedBetween(from, to)
    for (const { id, status, offset: decided } of this.pending.decided) {
      const row = this.pending.quarantine.find((q) => q.id === id) ?? this.ledger.quarantineById(id)
      if (row && status === 'released' && decided >= from && decided <= to)
        rows.push({ decided, offset: row.offset, item: row.item })
    }
    return rows
  }

  snapshot() {
    const machines = [...this.machines.values()].filter((machine) => machine.index !== null)
    return {
      firm: this.name,
      cursor: this.ledger.head().cursor,
      machines: machines.map((m) => m.live(false)),
    }
  }

  close(): void {
    this.ledger.close()
  }
}
