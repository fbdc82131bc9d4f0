/**
 * Items of each simulated device: made, sent, acknowledged, lost, waiting. The simulators tell ranges of seqs per start of a device; what
 * is in none of them waits, so that a seq in two of them, or acknowledged and never made, is seen as a difference.
 */
import type { z } from 'zod'
import type { SimulationDevices } from '#contract/rest.ts'
import type { TruthAnswer } from '#contract/local.ts'
import { SECOND, type Instant, type Millis } from '#domain/time.ts'
import type { Ports } from '../ports.ts'

type Devices = z.infer<typeof SimulationDevices>
export type DeviceCounts = Devices['total']
type Told = TruthAnswer['firms'][number]
type Stream = Pick<Told['streams'][number], 'made' | 'sent' | 'acknowledged' | 'lost'>

const NONE: DeviceCounts = { made: 0, sent: 0, acknowledged: 0, lost: 0, waiting: 0, difference: 0 }

/** Ranges are closed: from, to, from, to …, ascending. */
function sizeOf(ranges: readonly number[]): number {
  let size = 0
  for (let i = 0; i < ranges.length; i += 2) size += ranges[i + 1]! - ranges[i]! + 1
  return size
}

/** How many of the first are in neither of the others. */
function restOf(all: readonly number[], one: readonly number[], other: readonly number[]): number {
  let rest = 0
  let [i, j] = [0, 0]
  for (let k = 0; k < all.length; k += 2) {
    let at = all[k]!
    const last = all[k + 1]!
    while (at <= last) {
      while (i < one.length && one[i + 1]! < at) i += 2
      while (j < other.length && other[j + 1]! < at) j += 2
      const [a, b] = [one[i] ?? Infinity, other[j] ?? Infinity]
      if (a <= at) at = one[i + 1]! + 1
      else if (b <= at) at = other[j + 1]! + 1
      else {
        const next = Math.min(a, b, last + 1)
        rest += next - at
        at = next
      }
    }
  }
  return rest
}

/** `difference` is never below 0: it counts seqs that are acknowledged and lost at once, or either and never made. */
export function countsOf({ made, sent, acknowledged, lost }: Stream): DeviceCounts {
  const counts = {
    made: sizeOf(made),
    sent: sizeOf(sent),
    acknowledged: sizeOf(acknowledged),
    lost: sizeOf(lost),
    waiting: restOf(made, acknowledged, lost),
  }
  return { ...counts, difference: counts.acknowledged + counts.lost + counts.waiting - counts.made }
}

const plus = (a: DeviceCounts, b: DeviceCounts): DeviceCounts => ({
  made: a.made + b.made,
  sent: a.sent + b.sent,
  acknowledged: a.acknowledged + b.acknowledged,
  lost: a.lost + b.lost,
  waiting: a.waiting + b.waiting,
  difference: a.difference + b.difference,
})

export function deviceTable({ streams, named }: Told, at: Instant): Devices {
  const byMachine = new Map<string, DeviceCounts>()
  for (const stream of streams)
    byMachine.set(stream.machine, plus(byMachine.get(stream.machine) ?? NONE, countsOf(stream)))
  const did = new Map<string, Devices['did'][number]>()
  for (const { what, counter, items } of named) {
    const key = `${what} ${counter}`
    did.set(key, { name: what, counter, items: (did.get(key)?.items ?? 0) + items })
  }
  return {
    at,
    devices: [...byMachine].map(([machine, counts]) => ({ machine, ...counts })),
    total: [...byMachine.values()].reduce(plus, NONE),
    did: [...did.values()].toSorted((a, b) => b.items - a.items),
  }
}

/** A table serves this many times as long as it took to make: whoever watches costs the simulators at most a twentieth of their time. */
const SERVES = 20
/** Then a new one is made, and whoever asks meanwhile is not kept waiting, unless the old one is older than this. */
const STILL_SHOWN_MS = 30 * SECOND

type Asked = Pick<Ports, 'now' | 'log'> & { readonly simulators: Pick<Ports['simulators'], 'told'> }
type Kept = { readonly table: Devices; readonly made: Millis; readonly fresh: Millis }

/** The table of a firm. An installation that was started often has much to add up: its `at` says how old it is. Throws what the socket throws. */
export function devicesOf(
  { simulators, now, log }: Asked,
  clock: () => Millis = () => performance.now(),
): (firm: string) => Promise<Devices> {
  const kept = new Map<string, Kept>()
  /** Of who asks meanwhile, and of who was shown the old table and waits for nothing: it never rejects, its answer throws. */
  const making = new Map<string, Promise<() => Devices>>()

  async function make(firm: string): Promise<() => Devices> {
    const begun = clock()
    try {
      const table = deviceTable(await simulators.told(firm), now())
      const made = clock()
      kept.set(firm, { table, made, fresh: SERVES * (made - begun) })
      return () => table
    } catch (error) {
      kept.delete(firm)
      log.warn({ err: error, firm }, 'the simulators do not tell what their devices sent')
      return () => {
        throw error
      }
    } finally {
      making.delete(firm)
    }
  }

  return async (firm) => {
    const old = kept.get(firm)
    const age = old ? clock() - old.made : Infinity
    if (old && age < old.fresh) return old.table
    let fresh = making.get(firm)
    if (!fresh) making.set(firm, (fresh = make(firm)))
    return !old || age > old.fresh + STILL_SHOWN_MS ? (await fresh)() : old.table
  }
}
