/** What control entries share with messages: the ways an item can take through the stages, as the pipeline offers them. */
import type { Fault } from '#domain/telemetry/item.ts'
import type { JournalEntry } from '#store/journal/journal.ts'
import type { Firm } from './firm.ts'
import type { MachineMemory } from './machine.ts'
import type { Work } from './work.ts'

export type Stages = {
  /** A fact takes the whole way of a device's message. */
  device(work: Work): void
  /** An item out of quarantine, decoded and admitted before. Returns what is still wrong with it, or null when it is stored. */
  released(work: Work): Fault | null
  /** A machine has news for those who watch. */
  changed(firm: Firm, machine: MachineMemory): void
  /** A journalled entry by its offset, or null when aged out. */
  find(firm: string, offset: number): JournalEntry | null
}
