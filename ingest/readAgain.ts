/**
 * The historian's own reading of the journal while it is behind: the same decode and check as the pipeline, with the plant in force at
 * each entry. Who was a conflict or a duplicate of unknown content is asked from the ledger, which is never behind this reader.
 */
import { checkItem, indexPlant, type PlantIndex } from '#domain/telemetry/check.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { isAged, type Historian } from '#store/historian/historian.ts'
import type { JournalEntry, JournalReader } from '#store/journal/journal.ts'
import { messageOf } from './message.ts'
import type { Firm } from './firm.ts'
import type { Again } from './historianFeed.ts'
import { readingsOf, type FedReading } from './readings.ts'

export function createReadAgain(
  reader: JournalReader,
  firms: ReadonlyMap<string, Firm>,
  historian: Pick<Historian, 'keepsMs'>,
): Again {
  const indexes = new WeakMap<Plant, PlantIndex>()
  const indexOf = (plant: Plant): PlantIndex => {
    const known = indexes.get(plant) ?? indexPlant(plant)
    indexes.set(plant, known)
    return known
  }

  const take = (
    firm: Firm,
    source: JournalEntry,
    inForceAt: number,
    out: FedReading[],
    keep: (item: number) => boolean,
  ) => {
    const message = messageOf(source)
    const plant = firm.plantAt(inForceAt)
    const index = message && plant && indexOf(plant).machines.get(message.machine)
    if (!message?.decoded.ok || !index) return
    const { items, faults } = message.decoded
    const machine = firm.machine(message.machine)
    items.forEach((item, i) => {
      if (!keep(i) || faults?.[i] || isAged(historian, item.ts, source.receivedAt)) return
      if (checkItem(item, message.cls, index, source.receivedAt) !== null) return
      readingsOf(message.cls, item, (measure) => machine.series(measure), source.offset, i, out)
    })
  }

  return (after, upTo, maxBytes) => {
    const entries = reader.read(after, maxBytes).filter((entry) => entry.commit <= upTo)
    const readings: FedReading[] = []
    for (const [name, own] of Map.groupBy(entries, (entry) => entry.firm)) {
      const firm = firms.get(name)
      if (!firm) continue
      const [from, to] = [own[0]!.offset, own.at(-1)!.offset]
      const withheld = firm.withheldIn(from, to)
      const released = Map.groupBy(firm.releasedIn(from, to), (row) => row.decided)
      for (const entry of own) {
        try {
          take(firm, entry, entry.offset, readings, (item) => !withheld.has(`${entry.offset}:${item}`))
        } catch (error) {
          if (!withheld.has(`${entry.offset}:0`)) throw error // else the pipeline met the same, and put it aside
        }
        for (const row of released.get(entry.offset) ?? []) {
          const source = reader.find(name, row.offset)
          if (source) take(firm, source, entry.offset, readings, (item) => item === row.item)
        }
      }
    }
    return { readings, commit: entries.at(-1)?.commit ?? upTo }
  }
}
