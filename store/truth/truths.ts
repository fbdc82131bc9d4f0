/** The truth of every simulated firm of an installation: DIR/truth/<firm>.db, opened when it is first needed. */
import path from 'node:path'
import type { TruthChanges } from './changes.ts'
import { openTruth, type Truth } from './truth.ts'

export class Truths {
  readonly #dir: string
  readonly #open = new Map<string, Truth>()

  constructor(dir: string) {
    this.#dir = dir
  }

  /** Throws SQLite's error. */
  of(firm: string): Truth {
    let truth = this.#open.get(firm)
    if (!truth) this.#open.set(firm, (truth = openTruth(path.join(this.#dir, `${firm}.db`))))
    return truth
  }

  /** Newest changes that any of these firms' files has. */
  last(firms: readonly string[]): number {
    return Math.max(0, ...firms.map((firm) => this.of(firm).last))
  }

  /** Applies what is new to each firm's file. Throws SQLite's error; the same list may be given again. */
  apply(
    list: readonly { readonly id: number; readonly firm: string; readonly changes: TruthChanges }[],
  ): void {
    for (const [firm, own] of Map.groupBy(list, (one) => one.firm)) this.of(firm).apply(own)
  }

  close(): void {
    for (const truth of this.#open.values()) truth.close()
    this.#open.clear()
  }
}
