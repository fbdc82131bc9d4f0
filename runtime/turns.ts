/**
 * Long work in turns: between two pieces of it, whatever else waits on the event loop has its turn. A piece begins only while the turn is
 * younger than `TURN_MS`, so that the loop is held about as long as the longest piece.
 */
import { setImmediate as breathe } from 'node:timers/promises'

const TURN_MS = 10

/** One turn of the loop for each that waits: together in one they would hold it for as long as all their pieces take. */
let lane: Promise<void> = Promise.resolve()

export class Turns {
  #begun = performance.now()
  /** Turns given away. */
  taken = 0

  /** Between two pieces. */
  async next(): Promise<void> {
    if (performance.now() - this.#begun < TURN_MS) return
    await (lane = lane.then(() => breathe()))
    this.taken++
    this.#begun = performance.now()
  }
}
