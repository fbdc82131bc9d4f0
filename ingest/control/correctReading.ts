/**
 * `correct.reading`: what a register showed at an instant at which it was not heard. It becomes a sample with boot `manual`, whose seq
 * is the place of its entry in the journal, and stands between its neighbours by its time (accounting.md 3).
 */
import { CorrectReading } from '#contract/correct.ts'
import { inOrder, swapsOf } from '#domain/accounting/facts.ts'
import { fitsCourse, MANUAL } from '#domain/accounting/register.ts'
import type { Span } from '#domain/accounting/span.ts'
import type { Machine, Measure } from '#domain/plant/plant.ts'
import { fromSteps, toSteps } from '#domain/units.ts'
import type { Instant } from '#domain/time.ts'
import type { CorrectionRow } from '#store/ledger/changes.ts'
import { columnOf } from '#store/ledger/samples.ts'
import { bracket, factsOf } from '../facts.ts'
import type { Firm } from '../firm.ts'
import { instantFault, machineOf, type Kind, type Touch } from './correct.ts'
import { refused } from './deed.ts'

export const reading: Kind<CorrectReading, 'reading'> = {
  kind: 'reading',
  schema: CorrectReading,

  draft: (firm, machine, { measure: name, ts, value }, entry) => {
    const measure = measureOf(machine, name)
    if (!measure) return refused('not_found', `${machine.path} has no register ${name}`)
    const fault = instantFault(firm, ts, entry)
    if (fault) return fault
    const steps = toSteps(value, measure.scale)
    if (steps === null) return refused('bad_body', `value: finer than 1/${measure.scale} ${measure.unit}`)
    if (value < (measure.min ?? -Infinity) || value > (measure.max ?? Infinity))
      return refused('out_of_range', `${name} ${value} is outside its range`)
    const facts = factsOf(firm, machine, { from: ts, to: ts })
    const samples = facts.samples[name] ?? []
    const swaps = swapsOf(inOrder(facts.events), name, measure.scale)
    const sample = { boot: MANUAL, seq: entry.offset, ts, steps }
    if (!fitsCourse(samples, swaps, measure.rollover, sample))
      return refused('not_monotone', `${name} ${value} does not lie between the readings around it`)
    const around = samples
      .toSorted((a, b) => a.ts - b.ts)
      .map((one) => ({ ts: one.ts, value: fromSteps(one.steps, measure.scale) }))
    return {
      ok: true,
      from: ts,
      to: ts,
      body: { kind: 'reading', measure: name, value, steps },
      old: { measure: name, readings: around },
      new: { measure: name, readings: [...around, { ts, value }].toSorted((a, b) => a.ts - b.ts) },
      touches: touchesOf(firm, machine, name, ts),
    }
  },

  undone: (firm, machine, { from: ts, body }) => {
    if (body.kind !== 'reading') return refused('not_found', 'no reading')
    const { measure, value } = body
    return {
      old: { measure, readings: [{ ts, value }] },
      new: { measure, readings: [] },
      touches: touchesOf(firm, machine, measure, ts),
    }
  },

  follow: (firm, row) => {
    const machine = machineOf(firm, row.machine)!
    const memory = firm.machine(row.machine)
    if (row.withdraws !== null) return takeOut(firm, row)
    if (row.body.kind !== 'reading') return
    const measure = measureOf(machine, row.body.measure)!
    const steps = new Map([[columnOf(measure), row.body.steps]])
    memory.samples.add({ ts: row.from, boot: MANUAL, seq: row.offset, steps })
    firm.sampled.add(memory)
  },
}

function takeOut(firm: Firm, { machine, withdraws }: CorrectionRow): void {
  const fresh = firm.fresh('corrections', machine).find(({ id }) => id === withdraws)
  const { offset } = fresh ?? firm.ledger.corrections.correction(withdraws!)!
  const key = { boot: MANUAL, seq: offset }
  firm.machine(machine).samples.remove(key)
  firm.pending.samplesGone.push({ machine, ...key })
}

const measureOf = ({ measures }: Machine, name: string): Measure | null =>
  measures.find((measure) => measure.name === name && measure.class === 'count') ?? null

/** Between its neighbours everything may change. */
function touchesOf(firm: Firm, machine: Machine, measure: string, ts: Instant): Touch[] {
  const own: Span = { from: ts, to: ts }
  return [{ machine: machine.path, span: bracket(firm, machine, new Set([measure]), own), own }]
}
