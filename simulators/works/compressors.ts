/** States of the compressors: they run through the shifts, one of them through the night before the retrofit, and fail. */
import type { Instant } from '#domain/time.ts'
import { KINDS } from './data/machines.ts'
import type { Parameters } from './data/retrofit.ts'
import { type Floor, type FloorMachine, NEVER } from './floor.ts'
import { failuresIn } from './heat.ts'
import type { MachineHours } from './hours.ts'
import type { WorksSegment } from './truthDay.ts'

/** Loaded share of a compressor's shift hours: four fifths of the worked ones. */
const COMPRESSOR_DUTY = (0.8 * 15) / 17

/** Compressors run through the shifts, and one of them through the night before the retrofit; they fail by their own hours. */
export function compressorStates(
  floor: Floor,
  byName: ReadonlyMap<string, FloorMachine>,
  hours: ReadonlyMap<string, MachineHours>,
  p: Parameters,
  to: Instant,
): void {
  for (const name of ['compressor-01', 'compressor-02']) {
    const m = byName.get(name)!
    const spans = [...hours.get(name)!.present]
    const last = spans.at(-1)!
    const runs = p.nightAir && name === 'compressor-01' ? [...spans, { from: last.to, to }] : spans
    const broken = failuresIn(floor, m, spans, COMPRESSOR_DUTY)
    const work = { order: null, product: null, operation: null }
    for (const { from, to: end } of runs) {
      let now = from
      for (const fault of broken) {
        if (fault.to <= now || fault.from >= end) continue
        push(m.segments, now, fault.from, 'RUN', null)
        m.segments.push({
          from: fault.from,
          to: fault.to,
          state: 'FAULT',
          reason: KINDS.CP.faults[0]!,
          ...work,
        })
        now = fault.to
      }
      push(m.segments, now, end, 'RUN', null)
    }
    m.next = NEVER
  }
}

function push(out: WorksSegment[], from: Instant, to: Instant, state: 'RUN', reason: null): void {
  if (to > from) out.push({ from, to, state, reason, order: null, product: null, operation: null })
}
