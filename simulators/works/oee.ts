/** Times of a machine by the clauses of ISO 22400-2, from what truly happened: counted inside planned busy time only. */
import type { Instant } from '#domain/time.ts'
import { overlap } from './calendar.ts'
import type { TruthRow, Unit } from './catalogue.ts'
import { OPERATIONS } from './routing.ts'
import type { MachineDay } from './truthDay.ts'

type Part = { readonly machine: MachineDay; readonly from: Instant; readonly to: Instant }
type Row = Pick<TruthRow, 'name' | 'unit' | 'value' | 'reason'>

const row = (name: string, unit: Unit, value: number | null, reason: string | null): Row => ({
  name,
  unit,
  value,
  reason,
})

/** Rows `oee.pbt` … `oee`: PBT, APT, AUST, ADET, ADOT, standard time of all and of good pieces, and the index in ppm. */
export function oeeIn(parts: readonly Part[]): Row[] {
  const ms = { pbt: 0, apt: 0, aust: 0, adet: 0, adot: 0, planned: 0, good: 0 }
  for (const { machine, from, to } of parts) {
    for (const span of machine.planned) {
      ms.pbt += overlap(span, from, to)
      for (const segment of machine.segments) {
        const shared = overlap(segment, Math.max(span.from, from), Math.min(span.to, to))
        if (shared <= 0) continue
        if (segment.state === 'RUN') ms.apt += shared
        else if (segment.state === 'SETUP') ms.aust += shared
        else if (segment.order !== null) ms.adet += shared
        else ms.adot += shared
      }
    }
    for (const { at, op, good, scrap, rework } of machine.made) {
      if (at < from || at >= to) continue
      const standard = OPERATIONS[op]!.seconds * 1000
      ms.planned += standard * (good + scrap + rework)
      ms.good += standard * good
    }
  }
  return [
    ...Object.entries(ms).map(([name, value]) =>
      row(`oee.${name}`, 'seconds', Math.round(value / 1000), null),
    ),
    parts.some(({ machine }) => machine.machine.kind === 'CP')
      ? row('oee', 'ppm', null, 'NO_STANDARD')
      : ms.pbt === 0
        ? row('oee', 'ppm', null, 'NOT_PLANNED')
        : row('oee', 'ppm', Math.round((1e6 * ms.good) / ms.pbt), null),
  ]
}
