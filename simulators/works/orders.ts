/**
 * Orders: what is released on a day. The price list's yearly pieces set the throughput, not the machines: every open day owes its
 * share of each product, of each part for it, and of each casting for that; what is scrapped is owed again at every stage.
 */
import { HOUR } from '#domain/time.ts'
import { dayFactor, startOf } from './calendar.ts'
import { streamOf, uniform } from './chance.ts'
import { PRODUCT_IDS, PRODUCTS, type ProductId } from './data/products.ts'
import type { Parameters } from './data/retrofit.ts'
import { componentsOf, routeOf, ROUTES, yieldFrom } from './routing.ts'
import { dailyNeed, keyOf, type Lot, type WorksState } from './state.ts'

/** A piece that is lost at a stage is owed again there and at every stage before it. */
export function oweAgain(
  state: WorksState,
  product: ProductId,
  part: string,
  cast: boolean,
  qty: number,
): void {
  const stages = part === 'valve' ? ['valve', ...componentsOf(product).map((route) => route.part)] : [part]
  for (const stage of stages) {
    const key = keyOf(product, stage)
    if (!cast) state.owed[key]! += qty
    if (state.castOwed[key] !== undefined) state.castOwed[key] += qty
  }
}

const orderId = (state: WorksState, product: ProductId): string =>
  `WO-${product}-${String(++state.orders).padStart(5, '0')}`

/**
 * Lots released on the day that begins, each at its instant between 08:00 and 24:00. Parts for a valve lot leave the store at once;
 * a lot whose parts or castings are not there waits for another day.
 */
export function releaseOrders(state: WorksState, p: Parameters): void {
  const { date } = state
  const factor = dayFactor(date)
  const start = startOf(date)
  const stream = streamOf(state.seed, `orders/${date}`)
  const release = (lot: Lot) =>
    state.arrivals.push({ at: start + Math.round(uniform(stream) * 16 * HOUR), lot })
  for (const product of PRODUCT_IDS) {
    const need = dailyNeed(product, date) * factor * p.volume * p.mix[product]
    for (const route of ROUTES) {
      if (route.product !== product) continue
      const key = keyOf(product, route.part)
      state.owed[key]! += need
      if (state.castOwed[key] !== undefined) state.castOwed[key] += need
    }
  }
  for (const product of PRODUCT_IDS) {
    const { lot: size } = PRODUCTS[product]
    const valve = keyOf(product, 'valve')
    const stores = componentsOf(product).map((route) => keyOf(product, route.part))
    while (state.owed[valve]! >= size && stores.every((key) => state.parts[key]! >= size)) {
      state.owed[valve]! -= size
      for (const key of stores) state.parts[key]! -= size
      state.flows[valve]!.in += size
      release({ order: orderId(state, product), product, part: 'valve', step: 0, qty: size, outside: false })
    }
    for (const { part, component, boring, steps } of componentsOf(product)) {
      const key = keyOf(product, part)
      const cast = component!.origin === 'cast'
      const ready = () => state.owed[key]! >= size && (!cast || state.castings[key]! >= size)
      while (ready()) {
        state.owed[key]! -= size
        if (cast) state.castings[key]! -= size
        state.flows[key]!.in += size
        release({
          order: orderId(state, product),
          product,
          part,
          step: cast ? steps.length - partSteps(product, part) : 0,
          qty: size,
          outside: boring ? boredOutside(state, product, part, p) : false,
        })
      }
    }
  }
}

/** Own operations of a casting after the casting store. */
const partSteps = (product: ProductId, part: string): number => routeOf(product, part).steps.length - 4

/**
 * The boring contract is for a share of the bodies that become valves; replacements of scrapped bodies are bored inside. So a lot
 * goes out with that share times the yield that is still before it.
 */
function boredOutside(state: WorksState, product: ProductId, part: string, p: Parameters): boolean {
  const kept =
    yieldFrom(routeOf(product, part), 1, p.scrap) * yieldFrom(routeOf(product, 'valve'), 0, p.scrap)
  state.boring += p.boringOutside * kept
  if (state.boring < 1) return false
  state.boring -= 1
  return true
}
