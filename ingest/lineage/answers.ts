/** What the local socket answers about the origin of panes (contract/local.ts). */
import { QUARTER } from '#domain/accounting/pane.ts'
import type { LocalAnswer } from '#runtime/local.ts'
import type { Firm } from '../firm.ts'
import type { Intake } from '../intake.ts'
import type { MachineMemory } from '../machine.ts'
import { recomputePanes } from './recompute.ts'
import { paneSources } from './sources.ts'
import { windowOf, type Asked } from './stretches.ts'

/** Items of a stream that are listed at once. */
const MAX_PAGE = 200
/** Differences and missing rows that are listed. */
const LISTED = 200

const numberIn = (query: URLSearchParams, key: string, fallback: number): number =>
  query.has(key) ? Number(query.get(key)) : fallback

type Question = { readonly firm: Firm; readonly machine: MachineMemory; readonly asked: Asked }

function questionOf(intake: Intake, query: URLSearchParams): Question | LocalAnswer {
  const firm = intake.firms.get(query.get('firm') ?? '')
  const machine = firm?.machines.get(query.get('machine') ?? '')
  if (!firm || !machine?.index) return { status: 404, body: { error: 'no such firm or machine' } }
  const asked = windowOf({
    from: numberIn(query, 'from', NaN),
    to: numberIn(query, 'to', NaN),
    length: numberIn(query, 'length', QUARTER),
  })
  return typeof asked === 'string' ? { status: 400, body: { error: asked } } : { firm, machine, asked }
}

export async function sources(intake: Intake, query: URLSearchParams): Promise<LocalAnswer> {
  const question = questionOf(intake, query)
  if (!('firm' in question)) return question
  const limit = Math.min(Math.max(0, numberIn(query, 'limit', 0) || 0), MAX_PAGE)
  const page = { after: numberIn(query, 'after', 0) || 0, limit }
  return { body: await paneSources(intake.reader, question.firm, question.machine, question.asked, page) }
}

export async function recompute(intake: Intake, query: URLSearchParams): Promise<LocalAnswer> {
  const question = questionOf(intake, query)
  if (!('firm' in question)) return question
  const found = await recomputePanes(intake.reader, question.firm, question.machine, question.asked)
  const [differences, missing] = [found.differences.slice(0, LISTED), found.missing.slice(0, LISTED)]
  return { body: { ...found, differences, missing } }
}
