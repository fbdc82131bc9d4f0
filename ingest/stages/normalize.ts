/**
 * Is this item true to the plant, and what does it mean? Unknown machine or measure, wrong class, a value that cannot be: put aside
 * with the reason. Times are judged and flagged, never shifted; registers become growth in integer steps. A value that can be and is hard
 * to believe is flagged, and counts all the same.
 */
import { checkItem } from '#domain/telemetry/check.ts'
import { addSample, addSwap } from '#domain/telemetry/counter.ts'
import type { Item } from '#domain/telemetry/item.ts'
import { hasCourse, judgeGrowth, judgePower, judgeSignal } from '#domain/telemetry/plausible.ts'
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
    else if (work.cls === 'telemetry') work.flags[i]! |= signals(work, item)
    else if (item.type === 'meter_swap' && work.cls === 'event') work.flags[i]! |= swap(work, item)
  }
}

function register(work: Work, item: Item): number {
  const { machine, boot } = work
  const { machine: plan, measures } = machine.index!
  let flags = 0
  for (const name in item.v) {
    const measure = measures.get(name)!
    const steps = toSteps(item.v[name]!, measure.scale)!
    const sample = { boot: boot ?? '', seq: item.seq ?? item.ts, ts: item.ts, steps }
    const held = machine.register(name)
    const last = held.samples.at(-1)
    const change = addSample(held, sample, measure.rollover, work.correct)
    flags |= change.flags
    // only what follows the newest sample has grown by this alone
    if (last === undefined || held.samples.at(-1) !== sample || held.samples.at(-2) !== last) continue
    flags |= doubt(work, item, name, judgeGrowth(measure, plan.ratedKw, change.delta, item.ts - last.ts))
  }
  return flags
}

function signals(work: Work, item: Item): number {
  const { courses, now, index } = work.machine
  const running = now.state === 'RUN' && now.since !== null && item.ts >= now.since
  let flags = 0
  for (const name in item.v) {
    const value = item.v[name]!
    if (value === null) continue
    const measure = index!.measures.get(name)!
    let found = judgePower(measure, index!.machine.ratedKw, value)
    if (hasCourse(measure)) {
      const course = courses.get(name)
      if (course === undefined) courses.set(name, { value, ts: item.ts, same: 0 })
      else found |= judgeSignal(measure, course, value, item.ts, running)
    }
    flags |= doubt(work, item, name, found)
  }
  return flags
}

function doubt(work: Work, item: Item, measure: string, flags: number): number {
  if (flags === 0) return 0
  const doubts = work.doubts.get(item)
  if (doubts === undefined) work.doubts.set(item, { [measure]: flags })
  else doubts[measure] = flags
  return flags
}

function swap(work: Work, item: Item): number {
  const name = item['measure'] as string
  const measure = work.machine.index!.measures.get(name)!
  const oldLast = toSteps(item['old_last'] as number, measure.scale)!
  const newFirst = toSteps(item['new_first'] as number, measure.scale)!
  return addSwap(work.machine.register(name), { ts: item.ts, oldLast, newFirst }, measure.rollover).flags
}
