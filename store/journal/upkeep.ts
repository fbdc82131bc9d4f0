/** stub */
import type { Damage } from './journal.ts'
export type UpkeepOptions = { readonly dir: string }
export type Upkeep = {
  dayBegan(day: string): void
  stop(): Promise<void>
  damage(): Damage[]
  figures(): { sealedDays: number; sealedEntries: number; sealedBytes: number; agedOutFiles: number }
}
export const startUpkeep = (_o: UpkeepOptions): Upkeep => ({
  dayBegan() {},
  async stop() {},
  damage: () => [],
  figures: () => ({ sealedDays: 0, sealedEntries: 0, sealedBytes: 0, agedOutFiles: 0 }),
})
