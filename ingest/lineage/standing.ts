/**
 * Which of the items found in the journal count, as the pipeline decided it: the check against the plant in force, what was put aside
 * and what became of it, and of the same key the first, unless a released conflict took its place.
 */
import { MANUAL } from '#domain/accounting/register.ts'
import { checkItem, indexPlant, type MachineIndex, type PlantIndex } from '#domain/telemetry/check.ts'
import { contentHash } from '#domain/telemetry/identity.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { sampleDay } from '#store/ledger/samples.ts'
import type { Firm, ItemRow } from '../firm.ts'
import { isEnteredReading, type Found } from './evidence.ts'

/** An item that counts. `index`: the machine as the plant described it when the item was taken. */
export type Standing = Found & { readonly index: MachineIndex; readonly corrects: boolean }

const indexes = new WeakMap<Plant, PlantIndex>()

function indexOf(plant: Plant): PlantIndex {
  let index = indexes.get(plant)
  if (!index) indexes.set(plant, (index = indexPlant(plant)))
  return index
}

/** `found` is in the order of offsets and places; so is what stands, and each key is there once. */
export function standing(firm: Firm, found: readonly Found[]): Standing[] {
  const byKey = new Map<string, Standing>()
  for (const [offset, items] of Map.groupBy(found, ({ entry }) => entry.offset)) {
    const aside = new Map(firm.rowsIn(offset, offset).map((row) => [row.item, row]))
    const withheld = firm.withheldIn(offset, offset)
    for (const one of items) {
      const row = aside.get(one.place) ?? null
      if (!isTaken(row, withheld.has(`${offset}:${one.place}`)) || !isKept(firm, one)) continue
      const stands = judged(firm, one, row)
      const key = keyOf(one)
      if (stands && (stands.corrects || !byKey.has(key))) byKey.set(key, stands)
    }
  }
  return [...byKey.values()].toSorted((a, b) => a.entry.offset - b.entry.offset || a.place - b.place)
}

/** What the historian alone refused is evidence like any other. */
const isTaken = (row: ItemRow | null, withheld: boolean): boolean =>
  row === null ? !withheld : row.status === 'released' || row.reason === 'store_refused'

/** A reading that a person entered counts while the ledger has it: it may have been refused, or taken back since. */
function isKept(firm: Firm, { entry, machine, item }: Found): boolean {
  if (!isEnteredReading(entry.topic)) return true
  const key = { boot: MANUAL, seq: entry.offset }
  const held = firm.machine(machine).samples.day(sampleDay(item.ts))?.tsOf(key) ?? null
  return held !== null || firm.ledger.samples.tsOf(machine, key) !== null
}

/** Null: it did not pass the check of its time. A released item passed that of its release. */
function judged(firm: Firm, found: Found, row: ItemRow | null): Standing | null {
  const { entry, machine, class: cls, item } = found
  const released = row?.status === 'released'
  const plant = firm.plantAt(released ? releasedBy(firm, row) : entry.offset)
  const index = plant && indexOf(plant).machines.get(machine)
  if (!index || (!released && checkItem(item, cls, index, entry.receivedAt) !== null)) return null
  return { ...found, index, corrects: released && row.reason === 'conflict' }
}

/** The entry that released an item. */
function releasedBy(firm: Firm, { offset, item }: ItemRow): number {
  const all = firm.releasedIn(offset, Number.MAX_SAFE_INTEGER)
  return all.findLast((row) => row.offset === offset && row.item === item)?.decided ?? firm.offset
}

const keyOf = ({ machine, class: cls, boot, item }: Found): string =>
  item.seq === undefined
    ? `${machine} ${cls} at ${item.ts} ${contentHash(cls, item)}`
    : `${machine} ${cls} ${item.seq} ${boot ?? ''}`
