/**
 * The journal's reading side, in any process and at any time: day files in the order of commits, sealed days where the day file is
 * gone. A poll that finds nothing new costs a few microseconds.
 */
import fs from 'node:fs'
import { headsByName, NO_HEAD, type Head, type Heads } from './chain.ts'
import { hotDays, hotFile, hotFolder, isMissing, sealedFiles } from './folders.ts'
import { classCode, FrameReader, isEvidence } from './frame.ts'
import { HotDay, type Gathered, type Shared } from './hotDay.ts'
import { chainless, hotChainAt } from './chainAt.ts'
import type { ChainAt, Damage, FirmHead, ItemRange, JournalEntry, JournalReader } from './journal.ts'
import { SealedDay } from './sealedDay.ts'

const READ_BYTES = 4 * 1024 * 1024
/** A folder's time is coarse: one that changed just now may have changed again. */
const FRESH_MS = 100

export type ReaderOptions = {
  /** Only this firm's entries. */
  readonly firm?: string
  /** Told once of each batch that cannot be read. */
  readonly onDamage?: (damage: Damage) => void
}

/** Opens DIR/journal for reading; it need not exist yet. */
export function openJournalReader(dir: string, options: ReaderOptions = {}): JournalReader {
  return new FileReader(dir, options)
}

class FileReader implements JournalReader {
  readonly #dir: string
  readonly #firm: string | null
  readonly #damage = new Map<string, Damage>()
  readonly #shared: Shared
  #sealed: SealedDay[] = []
  #hot: HotDay[] = []
  readonly #inodes = new Map<string, number>()
  #listedAt = -1
  /** With a firm: no entry of it lies in (from, to]. */
  #barren = { from: 0, to: 0 }

  constructor(dir: string, { firm, onDamage }: ReaderOptions) {
    this.#dir = dir
    this.#firm = firm ?? null
    const report = (damage: Damage) => {
      const key = `${damage.file} ${damage.commit}`
      if (this.#damage.has(key)) return
      this.#damage.set(key, damage)
      onDamage?.(damage)
    }
    this.#shared = { frames: new FrameReader(), report }
  }

  read(after: number, maxBytes = READ_BYTES): JournalEntry[] {
    this.#look()
    const { from, to } = this.#barren
    const start = after >= from && after < to ? to : after
    const into: Gathered = { entries: [], bytes: 0, walked: start }
    const newest = this.#hot.at(-1)
    if (newest && start >= newest.after) newest.read(start, maxBytes, this.#firm, into)
    else
      for (const day of [...this.#sealed, ...this.#hot]) {
        if (day !== newest && day.last() <= into.walked) continue
        day.read(into.walked, maxBytes, this.#firm, into)
        if (into.bytes >= maxBytes) break
        if (day !== newest) into.walked = Math.max(into.walked, day.last())
      }
    if (into.entries.length === 0 && this.#firm !== null)
      this.#barren = { from: Math.min(after, start === to ? from : after), to: into.walked }
    return into.entries
  }

  head(): number {
    this.#look()
    return (this.#hot.at(-1) ?? this.#sealed.at(-1))?.last() ?? 0
  }

  heads(): FirmHead[] {
    this.#look()
    return headsByName(
      [...this.#newestHeads()].filter(([firm]) => this.#firm === null || firm === this.#firm),
    )
  }

  find(firm: string, offset: number): JournalEntry | null {
    this.#look()
    return this.#dayOf(firm, offset)?.find(firm, offset) ?? null
  }

  findAll(firm: string, offsets: readonly number[]): JournalEntry[] {
    this.#look()
    const rising = [...new Set(offsets)].toSorted((a, b) => a - b)
    const found = Map.groupBy(rising, (offset) => this.#dayOf(firm, offset))
    return [...found].flatMap(([day, own]) => day?.findAll(firm, own) ?? [])
  }

  sealedWith(firm: string, ranges: readonly ItemRange[]): JournalEntry[] {
    this.#look()
    return this.#sealedOf(firm).flatMap((day) => day.evidenceWith(firm, ranges))
  }

  sealedTo(firm: string): number {
    this.#look()
    const [oldest] = this.#hot
    const heads = oldest ? oldest.opening() : this.#newestHeads()
    return (heads.get(firm) ?? NO_HEAD).offset
  }

  chainAt(firm: string, offset: number): ChainAt | null {
    this.#look()
    const day = this.#dayOf(firm, offset)
    const entry = day?.find(firm, offset)
    if (!day || !entry) return null
    if (!isEvidence(classCode(entry.topic))) return chainless('not_chained', offset)
    return day instanceof HotDay
      ? hotChainAt(day, this.#shared.frames, firm, offset)
      : day.chainAt(firm, offset)
  }

  #sealedOf(firm: string): SealedDay[] {
    return this.#firm !== null && firm !== this.#firm ? [] : this.#sealed.filter((day) => day.has(firm))
  }

  /** The day in which an entry lies. A day file that could not be sealed may stand between sealed days. */
  #dayOf(firm: string, offset: number): HotDay | SealedDay | null {
    if (this.#firm !== null && firm !== this.#firm) return null
    const newest = this.#hot.at(-1)
    const reach = (heads: Heads) => (heads.get(firm) ?? NO_HEAD).offset
    const hot = this.#hot.findLast(
      (day) => reach(day.opening()) < offset && (day === newest || offset <= reach(day.heads())),
    )
    if (hot) return hot
    const days = this.#sealedOf(firm)
    let low = 0
    let high = days.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((days[middle]!.closing().get(firm) ?? NO_HEAD).offset < offset) low = middle + 1
      else high = middle
    }
    return days[low] ?? null
  }

  damage(): readonly Damage[] {
    return [...this.#damage.values()]
  }

  close(): void {
    for (const day of [...this.#sealed, ...this.#hot]) day.close()
    this.#sealed = []
    this.#hot = []
    this.#inodes.clear()
    this.#listedAt = -1
  }

  #newestHeads(): Heads {
    const newest = this.#hot.at(-1)
    if (newest) return newest.heads()
    const heads = new Map<string, Head>()
    for (const day of this.#sealed) for (const [firm, head] of day.closing()) heads.set(firm, head)
    return heads
  }

  /** Lists the files again when the folder changed: a new day, a sealed one, a mended one. */
  #look(): void {
    let changedAt: number
    try {
      changedAt = fs.statSync(hotFolder(this.#dir)).mtimeMs
    } catch (error) {
      if (!isMissing(error)) throw error
      return
    }
    if (changedAt === this.#listedAt) return
    this.#listedAt = Date.now() - changedAt > FRESH_MS ? changedAt : -1
    this.#list()
  }

  #list(): void {
    const days = hotDays(this.#dir)
    const open = new Map(this.#hot.map((day) => [day.day, day]))
    const hot: HotDay[] = []
    for (const day of days) {
      const file = hotFile(this.#dir, day)
      try {
        const { ino } = fs.statSync(file)
        const same = this.#inodes.get(day) === ino ? open.get(day) : undefined
        const found = same ?? HotDay.open(file, day, this.#shared)
        if (!found) continue
        open.delete(day)
        this.#inodes.set(day, ino)
        hot.push(found)
      } catch (error) {
        if (!isMissing(error) && (error as { errcode?: number }).errcode === undefined) throw error
        this.#listedAt = -1 // it is just being replaced, or cannot be read: look again at the next call
        if (!isMissing(error)) this.#shared.report({ file, commit: 0, why: (error as Error).message })
      }
    }
    const gone = this.#hot.filter((day) => !hot.includes(day))
    for (const day of gone) day.close()
    this.#hot = hot
    this.#listSealed(new Set(hot.map((day) => day.day)))
  }

  #listSealed(hot: ReadonlySet<string>): void {
    const files = sealedFiles(this.#dir).filter(
      (one) => !hot.has(one.day) && (this.#firm === null || one.firm === this.#firm),
    )
    const days = new Map<string, typeof files>()
    for (const one of files) days.set(one.day, [...(days.get(one.day) ?? []), one])
    const open = new Map(this.#sealed.map((day) => [day.day, day]))
    this.#sealed = [...days].map(([day, its]) => {
      const known = open.get(day)
      if (known?.isOf(its)) {
        open.delete(day)
        return known
      }
      return new SealedDay(day, its, this.#shared)
    })
    for (const day of open.values()) day.close()
  }
}
