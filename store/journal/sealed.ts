import type { Head, Heads } from './chain.ts'
import type { Gathered, Shared } from './hotDay.ts'
import type { JournalEntry } from './journal.ts'
import type { SealedFile } from './folders.ts'
export const closingHead = (_f: string): { head: Head; commit: number } => {
  throw new Error('x')
}
export class SealedDay {
  day: string
  after = 0
  constructor(day: string, _files: readonly SealedFile[], _s: Shared) {
    this.day = day
  }
  isOf(_files: readonly SealedFile[]): boolean {
    return true
  }
  last(): number {
    return 0
  }
  read(_a: number, _b: number, _f: string | null, _into: Gathered): void {}
  find(_f: string, _o: number): JournalEntry | null {
    return null
  }
  closing(): Heads {
    return new Map()
  }
  closingOffset(_f: string): number {
    return 0
  }
  close(): void {}
}
