/**
 * Operations of every part of every valve, one running list: what each adds in value, what a piece has cost at standard when it
 * leaves, what enters. Value shares of a valve sum to its price to the micro-yuan.
 */
import { BEFORE } from './data/retrofit.ts'
import { BLAST, HEAT, KINDS, OVEN, type KindId } from './data/machines.ts'
import { PRODUCT_IDS, PRODUCTS, type Component, type ProductId } from './data/products.ts'
import { SALVAGE } from './data/drivers.ts'

/** OS: outside work, no machine. */
export type OpKind = KindId | 'OS'

export type Operation = {
  /** Place in OPERATIONS. */
  readonly id: number
  readonly product: ProductId
  /** `body`, …; `valve` for what is done to the whole. */
  readonly part: string
  /** `body.la-30`: the name that devices and records use. */
  readonly code: string
  readonly kind: OpKind
  /** Standard seconds per piece; 0 outside. */
  readonly seconds: number
  readonly kg: number
  /** Micro-yuan per piece of material that enters here, without over-issue. */
  readonly material: number
  /** Micro-yuan per piece of outside work. */
  readonly outside: number
  /** Output value that a good piece adds here, micro-yuan. */
  readonly value: number
  /** Value of a piece that comes in: what is lost when it is scrapped here. */
  readonly valueBefore: number
  /** Standard cost of a piece when this operation is done: material, labour, machine; micro-yuan. */
  readonly standard: { readonly material: number; readonly labour: number; readonly machine: number }
  /** Labour and machine at standard of this operation alone: what a repeated piece costs. */
  readonly own: { readonly labour: number; readonly machine: number }
  readonly salvage: number
}

export type Route = {
  readonly product: ProductId
  readonly part: string
  readonly component: Component | null
  /** Ids of the operations in order. At a bored body's `boring` place: the id of the outside way. */
  readonly steps: readonly number[]
  readonly boring: { readonly step: number; readonly inside: number } | null
}

const micro = (yuan: number): number => Math.round(yuan * 1e6)

/** Standard seconds per kg. */
const PER_KG = {
  FU: (HEAT.minutes * 60) / HEAT.castKg,
  SB: BLAST.seconds / BLAST.batchKg,
  HT: (OVEN.hours * 3600) / OVEN.loadKg,
} as const

type Draft = { kind: OpKind; seconds: number; material: number; outside: number; inside?: number }

const adds = (kind: OpKind, seconds: number): Draft => ({ kind, seconds, material: 0, outside: 0 })

function partDrafts(component: Component): Draft[] {
  const { kg, price, origin, route, outside, boring } = component
  const drafts: Draft[] = []
  if (origin === 'cast')
    for (const kind of ['FU', 'SB', 'HT', 'SB'] as const) drafts.push(adds(kind, PER_KG[kind] * kg))
  if (origin === 'blank') drafts.push(adds('SB', PER_KG.SB * kg))
  if (boring) drafts.push({ ...adds('OS', 0), outside: boring.price, inside: boring.seconds })
  for (const [kind, times, seconds] of route) for (let i = 0; i < times; i++) drafts.push(adds(kind, seconds))
  if (outside) drafts.push({ ...adds('OS', 0), outside: outside.price })
  drafts[0]!.material = kg * price
  return drafts
}

const operations: Operation[] = []
const routes: Route[] = []

function standardOf(kind: OpKind, seconds: number): { labour: number; machine: number } {
  if (kind === 'OS') return { labour: 0, machine: 0 }
  const { effectiveness, labourRate, machineRate } = KINDS[kind]
  const hours = seconds / 3600 / effectiveness
  return { labour: micro(hours * labourRate), machine: micro(hours * machineRate) }
}

for (const product of PRODUCT_IDS) {
  const { components, final, kit, packing, price } = PRODUCTS[product]
  const valve: Draft[] = final.map(([kind, , seconds]) => ({
    kind,
    seconds,
    material: kind === 'AS' ? kit : kind === 'PA' ? packing : 0,
    outside: 0,
  }))
  const parts = [
    ...components.map((component) => ({
      part: component.name,
      component: component as Component | null,
      drafts: partDrafts(component),
    })),
    { part: 'valve', component: null, drafts: valve },
  ]
  /** Standard cost added, all elements: the weight of an operation. */
  const weight = (d: Draft) =>
    d.material * (1 + BEFORE.overIssue) +
    (d.kind === 'OS' ? d.outside : (d.seconds / 3600) * KINDS[d.kind].rate)
  const total = parts.reduce((sum, { drafts }) => sum + drafts.reduce((s, d) => s + weight(d), 0), 0)
  let run = 0
  let given = 0
  const sums = { material: 0, labour: 0, machine: 0, kg: 0, value: 0, salvage: 0 }
  for (const { part, component, drafts } of parts) {
    const own = component
      ? { material: 0, labour: 0, machine: 0, kg: component.kg, value: 0 }
      : { ...sums, kg: components.reduce((sum, c) => sum + c.kg, 0) }
    const salvage = micro(own.kg * (component?.origin === 'cast' ? SALVAGE.cast : SALVAGE.bought))
    const steps: number[] = []
    let boring: Route['boring'] = null
    drafts.forEach((draft, place) => {
      run += weight(draft)
      // cumulative rounding: the shares of a valve sum to its price
      const value = Math.round((micro(price) * run) / total) - given
      given += value
      const alone = standardOf(draft.kind, draft.seconds)
      const valueBefore = own.value
      own.material += micro(draft.material)
      own.labour += alone.labour
      own.machine += alone.machine
      own.value += value
      const add = (kind: OpKind, seconds: number, outside: number): number => {
        const id = operations.length
        operations.push({
          id,
          product,
          part,
          code: `${part}.${kind.toLowerCase()}-${(place + 1) * 10}`,
          kind,
          seconds,
          kg: own.kg,
          material: micro(draft.material),
          outside: micro(outside),
          value,
          valueBefore,
          standard: { material: own.material, labour: own.labour, machine: own.machine },
          own: standardOf(kind, seconds),
          salvage,
        })
        return id
      }
      steps.push(add(draft.kind, draft.seconds, draft.outside))
      if (draft.inside !== undefined) boring = { step: place, inside: add('MC', draft.inside, 0) }
    })
    if (component) {
      sums.material += own.material
      sums.labour += own.labour
      sums.machine += own.machine
      sums.value += own.value
    }
    routes.push({ product, part, component, steps, boring })
  }
}

export const OPERATIONS: readonly Operation[] = operations
export const ROUTES: readonly Route[] = routes
const byName = new Map(routes.map((route) => [`${route.product}.${route.part}`, route]))
export const routeOf = (product: ProductId, part: string): Route => byName.get(`${product}.${part}`)!
export const componentsOf = (product: ProductId): readonly Route[] =>
  routes.filter((route) => route.product === product && route.component !== null)

/** Share of the pieces put in at a step that leave the last step of their part. */
export function yieldFrom(
  route: Route,
  step: number,
  scrap: Readonly<Partial<Record<KindId, number>>>,
): number {
  let share = 1
  for (const id of route.steps.slice(step)) {
    const { kind } = OPERATIONS[id]!
    if (kind !== 'OS') share *= 1 - (scrap[kind] ?? 0)
  }
  return share
}

/** `q41f-16c-dn50`: the product's code on the wire and in records. */
export const productCode = (product: ProductId): string => PRODUCTS[product].code

/**
 * Share of the standard quantity that is issued beyond it, per piece put in. The documented over-issue is measured on good output;
 * a piece put in becomes good output with the yield that lies before it.
 */
export function overIssueOf(
  op: Operation,
  p: { readonly overIssue: number; readonly scrap: Readonly<Partial<Record<KindId, number>>> },
): number {
  const route = routeOf(op.product, op.part)
  const valve = routeOf(op.product, 'valve')
  const own = yieldFrom(route, Math.max(0, route.steps.indexOf(op.id)), p.scrap)
  return p.overIssue * own * (route === valve ? 1 : yieldFrom(valve, 0, p.scrap))
}
