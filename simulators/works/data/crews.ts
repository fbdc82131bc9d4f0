/** Who works, and for how much. ILLUSTRATIVE: loaded yuan per paid hour of an invented firm. */
import type { KindId } from './machines.ts'

export type Crew = {
  readonly role: string
  readonly zh: string
  /** Kinds of machine it tends, with its share of the crew's pay. */
  readonly tends: readonly (readonly [kind: KindId, share: number])[]
  readonly day: number
  readonly night: number
  readonly wage: number
}

// prettier-ignore
export const CREWS: readonly Crew[] = [
  { role: 'melting', zh: '熔炼造型', tends: [['FU', 1]], day: 5, night: 0, wage: 38 },
  { role: 'heat-treatment', zh: '抛丸热处理', tends: [['SB', 0.6], ['HT', 0.4]], day: 2, night: 0, wage: 35 },
  { role: 'lathes', zh: '车工', tends: [['LA', 1]], day: 8, night: 4, wage: 36 },
  { role: 'centres', zh: '加工中心操作', tends: [['MC', 1]], day: 3, night: 3, wage: 38 },
  { role: 'grinders', zh: '磨工', tends: [['GR', 1]], day: 2, night: 1, wage: 36 },
  { role: 'lappers', zh: '研磨工', tends: [['LP', 1]], day: 2, night: 0, wage: 35 },
  { role: 'fitters', zh: '装配工', tends: [['AS', 1]], day: 4, night: 0, wage: 35 },
  { role: 'testers', zh: '试压工', tends: [['TE', 1]], day: 3, night: 0, wage: 34 },
  { role: 'paint', zh: '涂装包装', tends: [['PA', 1]], day: 3, night: 0, wage: 33 },
  { role: 'setters', zh: '调机刀具', tends: [['LA', 1]], day: 1, night: 1, wage: 43 },
  { role: 'handling', zh: '物料', tends: [['LA', 1]], day: 1, night: 0, wage: 32 },
]
/** Yuan a night shift and person on top of the wage. */
export const NIGHT_ALLOWANCE = 30
/** Yuan of an overtime hour; worked on the last open days of a month. */
export const OVERTIME = { wage: 54, lastDays: 4 } as const
