import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { expectReconciled, journalFolder, writingChild } from './journal.reconcile.ts'

let dir: string
let remove: () => void
beforeEach(() => {
  ;({ dir, remove } = journalFolder())
})
afterEach(() => remove())

const waiting = { timeout: 20_000, interval: 5 }

// what may be in the journal beyond what was acknowledged: at beforeAck a whole group is
for (const [failpoint, beyond] of [
  ['beforeAppend:1500', 0],
  ['beforeSync:8', 0],
  ['beforeAck:8', 1],
  ['afterAck:8', 0],
] as const)
  test(`F1 kill -9 at ${failpoint}: what was acknowledged is in the journal, in order`, async () => {
    const child = writingChild(dir, { failpoint: `journal.${failpoint}` })
    expect((await child.ended).signal).toBe('SIGKILL')
    expect(child.acknowledged.length).toBeGreaterThan(0)
    const numbers = expectReconciled(dir, child.acknowledged)
    expect(numbers.length).toBeGreaterThanOrEqual(child.acknowledged.length + beyond)
    // the next process goes on without a hand, behind what is there
    const again = writingChild(dir, { count: 50, from: 1_000_000 })
    expect((await again.ended).code).toBe(0)
    expect(again.acknowledged).toHaveLength(50)
    expectReconciled(dir, [...child.acknowledged, ...again.acknowledged])
  })

test('F1 kill -9 at random, three times over: nothing acknowledged is lost', async () => {
  const acknowledged: number[] = []
  for (let round = 0; round < 3; round++) {
    const child = writingChild(dir, { from: round * 1_000_000 })
    await vi.waitFor(() => expect(child.acknowledged.length).toBeGreaterThan(300 + round * 117), waiting)
    child.kill()
    await child.ended
    acknowledged.push(...child.acknowledged)
    expectReconciled(dir, acknowledged)
  }
})
