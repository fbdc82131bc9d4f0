/** Clocks that are wrong, of devices and of the server: what is measured stays where it was, marks say so, and nothing ends before its time. */
import { beforeAll, describe, expect, test } from 'vitest'
import { HOUR, MINUTE, SECOND } from '#domain/time.ts'
import { ledgerFile } from '#store/ledger/file.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import { casePlant, MACHINE } from '../casePlant.ts'
import {
  caughtUp,
  deed,
  FIRM,
  ingestAll,
  listReader,
  newFolder,
  readingsIn,
  startIngest,
  T0,
  tickAt,
  type Sent,
} from '../pipelineCase.ts'

const plant = {
  ...casePlant(FIRM),
  shifts: [{ name: { zh: '白班', en: 'Day' }, start: 480, end: 540 }],
}
const put = deed(T0 - MINUTE, 'plant.put', plant)
const topic = (cls: string) => `v1/${FIRM}/${MACHINE}/${cls}`

type Clocks = {
  /** The device's clock ahead of the truth. */
  readonly device?: number
  /** The server's wall clock ahead of the truth, by true time. */
  readonly server?: (now: number) => number
  readonly minutes?: number
}

/** A minute's count and state, and ticks between them, of `minutes`; monotonic time goes its own way. */
function told({ device = 0, server = () => 0, minutes = 50 }: Clocks): Sent[] {
  const sent: Sent[] = []
  for (let s = 0; s <= minutes * 60; s += 5) {
    const now = T0 + s * SECOND
    const wall = now + server(now)
    sent.push(tickAt(wall, 1_000_000 + s * SECOND))
    if (s % 60 !== 0) continue
    const seq = s / 60 + 1
    const base = { ts: now + device, at: now + device + 40, seq, boot: 'a1' }
    sent.push({ at: wall + 80, topic: topic('state'), payload: { ...base, state: 'RUN' } })
    sent.push({
      at: wall + 80,
      topic: topic('count'),
      payload: { ...base, v: { kwh: 100 + seq / 10, good: seq } },
    })
  }
  return sent
}

async function outcome(clocks: Clocks) {
  const dir = newFolder()
  const running = await ingestAll(dir, { reader: listReader([put, ...told(clocks)]) })
  const { tally, machines } = running.intake.firms.get(FIRM)!
  const reader = openLedgerReader(ledgerFile(dir, FIRM))
  try {
    return {
      readings: readingsIn(running.historian, plant),
      // only what is asked for in true time: panes of the hour
      panes: reader.panes(MACHINE, T0, T0 + HOUR).map(({ start, good, states }) => ({ start, good, states })),
      registers: [...machines.get(MACHINE)!.registers].map(([name, { total }]) => [name, total]),
      state: machines.get(MACHINE)!.now.state,
      // of the day that runs, whatever a clock says
      settled: reader.settled('2026-11-24', '2027-12-31').length,
      stored: tally.stored,
      quarantined: tally.quarantined,
      skew: tally.flags[2],
    }
  } finally {
    reader.close()
  }
}

const aDayAhead = (now: number) => (now < T0 + 25 * MINUTE ? 0 : 24 * HOUR)

describe('F8 clocks', () => {
  let right: Awaited<ReturnType<typeof outcome>>
  beforeAll(async () => {
    right = await outcome({})
  })

  test('F8 undisturbed, nothing is marked and nothing settles in the shift', () => {
    expect(right).toMatchObject({ stored: 102, quarantined: 0, skew: 0, settled: 0, state: 'RUN' })
    expect(right.registers).toEqual([
      ['kwh', 500],
      ['good', 50],
    ])
  })

  test.each([
    ['10 min back in the middle', (now: number) => (now < T0 + 25 * MINUTE ? 0 : -10 * MINUTE)],
    ['a day ahead in the middle', (now: number) => (now < T0 + 25 * MINUTE ? 0 : 24 * HOUR)],
  ])(
    'F8 a server clock %s: what is told is kept, marked or put aside, and no shift ends early',
    async (_, server) => {
      const found = await outcome({ server })
      const ahead = server(T0 + HOUR) > 0
      expect(found.stored + found.quarantined).toBe(right.stored)
      expect(found.settled).toBe(0)
      // what is a day old, or ten minutes ahead, by the server's clock says nothing of the present
      expect(found.state).toBe('UNKNOWN')
      // ten minutes ahead is further than a device may tell of: put aside with that reason until a person has looked
      expect(found.quarantined).toBe(ahead ? 0 : 52)
      expect(found.skew).toBe(ahead ? 52 : 0)
      expect(!ahead || JSON.stringify(found.registers) === JSON.stringify(right.registers)).toBe(true)
      expect(!ahead || JSON.stringify(found.readings) === JSON.stringify(right.readings)).toBe(true)
    },
  )

  test('F8 a device an hour behind is stored as told, marked, with the same growth; an hour ahead it is put aside', async () => {
    const behind = await outcome({ device: -HOUR })
    expect(behind).toMatchObject({ stored: 102, quarantined: 0, skew: 102, settled: 0 })
    expect(behind.registers).toEqual(right.registers)
    const ahead = await outcome({ device: HOUR })
    expect(ahead).toMatchObject({ stored: 0, quarantined: 102, settled: 0, state: 'UNKNOWN' })
  })

  test('F8 the shift ends by what the machine says, not by a clock that ran ahead', async () => {
    const dir = newFolder()
    const all = told({ server: aDayAhead, minutes: 100 })
    const early = all.filter(({ at }) => at - 24 * HOUR <= T0 + 85 * MINUTE)
    const reader = listReader([put, ...early])
    const running = await startIngest(dir, { reader })
    const settled = () => {
      const ledger = openLedgerReader(ledgerFile(dir, FIRM))
      try {
        return ledger.settled('2026-01-01', '2027-12-31').filter(({ day }) => day === '2026-11-24').length
      } finally {
        ledger.close()
      }
    }
    await caughtUp(running)
    expect(settled()).toBe(0)
    reader.more(all.slice(early.length))
    await caughtUp(running)
    await running.stop()
    expect(settled()).toBeGreaterThan(0)
  })
})
