/** The thread of the accounts when it cannot do what it is asked: nobody waits for ever, and nothing is forgotten. */
import path from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import type { Log } from '#runtime/log.ts'
import { Accountant } from '../../ingest/accounts/accountant.ts'
import type { Firm } from '../../ingest/firm.ts'
import { newFolder } from '../pipelineCase.ts'

afterEach(() => void vi.useRealTimers())

/** A firm whose ledger cannot be read. */
const unreadable = { name: 'case', ledger: { file: path.join(newFolder(), 'none.db') } } as Firm
const logged = () => {
  const error = vi.fn<(...told: unknown[]) => void>()
  return { error, log: { error } as unknown as Log }
}

test('accounts that could not be made are looked for again, and until then nobody is kept waiting', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { error, log } = logged()
  const accountant = new Accountant(log)
  accountant.look(unreadable)
  expect(accountant.isBusy(unreadable)).toBe(true)
  await accountant.rest(unreadable)
  expect([error.mock.calls.length, accountant.isBusy(unreadable)]).toEqual([1, false])
  vi.advanceTimersByTime(30_000)
  expect(accountant.isBusy(unreadable)).toBe(true)
  await accountant.rest(unreadable)
  expect(error).toHaveBeenCalledTimes(2)
  await accountant.stop()
  vi.advanceTimersByTime(60_000)
  expect(accountant.isBusy(unreadable)).toBe(false)
})

test('who asked something is told when ingest ends before the answer', async () => {
  const accountant = new Accountant(logged().log)
  accountant.look(unreadable)
  const rest = accountant.rest(unreadable)
  const asked = Promise.allSettled([
    accountant.effect(unreadable, []),
    accountant.revalue(unreadable, '2026-03-31'),
  ])
  await accountant.stop()
  await rest
  expect((await asked).map((one) => (one as PromiseRejectedResult).reason.message)).toEqual([
    'ingest ends',
    'ingest ends',
  ])
  // what is stored last of all begins nothing any more
  accountant.look(unreadable)
  expect(accountant.isBusy(unreadable)).toBe(false)
  await expect(accountant.effect(unreadable, [])).rejects.toThrow('ingest ends')
})
