/**
 * Is this item true to the plant, and what does it mean? Unknown machine or measure, wrong class, a value that cannot be: put aside
 * with the reason. Times are judged and flagged, never shifted; registers become growth in integer steps.
 */
import { checkItem } from '#domain/telemetry/check.ts'
import { addSample, addSwap } from '#domain/telemetry/counter.ts'
import type { Item } from '#domain/telemetry/item.ts'
import { timeFlags } from '#domain/telemetry/quality.ts'
import { toSteps } from '#domain/units.ts'
import type { Work } from '../work.ts'

export function normalize(work: Work): void {
  const { receivedAt } = work.entry
  const { index } = work.machine
  for (let i = 0; i < work.count; i++) {
    if (work.faults[i] !== null || work.duplicate[i] === 1) continue
    const item = work.items[i]!
    if (index === null) {
      work.faults[i] = { reason: 'unknown_machine', detail: `the plant has no machine ${work.machine.path}` }
      continue
    }
    const fault = checkItem(item, work.cls, index, receivedAt)
    if (fault !== null) {
      work.faults[i] = fault
      continue
    }
    work.flags[i]! |= timeFlags(receivedAt, work.at, item.ts)
    if (work.cls === 'count') work.flags[i]! |= register(work, item)
    else if (item.type === 'meter_swap' && work.cls === 'event') work.flags[i]! |= swap(work, item)
  }
}

function register(work: Work, item: Item): number {
  const { machine, boot } = work
  let flags = 0
  for (const name in item.v) {
    const measure = machine.index!.measures.get(name)!
    const steps = toSteps(item.v[name]!, measure.scale)!
    const sample = { boot: boot ?? '', seq: item.seq ?? item.ts, ts: item.ts, steps }
    flags |= addSample(machine.register(name), sample, measure.rollover, work.correct).flags
  }
  return flags
}

function swap(work: Work, item: Item): number {
  const name = item['measure'] as string
  const measure = work.machine.index!.measures.get(name)!
  const oldLast = toSteps(item['old_last'] as number, measure.scale)!
  const newFirst = toSteps(item['new_first'] as number, measure.scale)!
  return addSwap(work.machine.register(name), { ts: item.ts, oldLast, newFirst }, measure.rollover).flags
}
