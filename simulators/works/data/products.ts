/** Four valves, their parts and routes. ILLUSTRATIVE: prices ex VAT and standards belong to an invented firm. */
import type { KindId } from './machines.ts'

export const PRODUCT_IDS = ['A', 'B', 'C', 'D'] as const
export type ProductId = (typeof PRODUCT_IDS)[number]

/** A step: kind, how many operations of it, standard seconds per piece of each. */
export type RouteStep = readonly [kind: KindId, operations: number, seconds: number]
/** How a part starts: own castings pass FU-SB-HT-SB, blanks one blast pass, bar goes to the lathe as it is. */
export type Origin = 'cast' | 'blank' | 'bar'

export type Component = {
  readonly name: string
  readonly zh: string
  readonly kg: number
  /** Yuan per kg: of the charge and mould for a casting, of the purchase otherwise. */
  readonly price: number
  readonly origin: Origin
  readonly route: readonly RouteStep[]
  /** Yuan a piece of outside work after the last own operation. */
  readonly outside?: { readonly name: string; readonly price: number }
  /** Rough boring after the blast: outside or on a centre. */
  readonly boring?: { readonly price: number; readonly seconds: number }
}

export type Product = {
  readonly code: string
  readonly zh: string
  readonly en: string
  readonly price: number
  readonly yearly: number
  readonly lot: number
  readonly kit: number
  readonly packing: number
  readonly components: readonly Component[]
  readonly final: readonly RouteStep[]
  /** Shell and seat pressure in MPa, hold of each in seconds. */
  readonly test: { readonly shell: number; readonly seat: number; readonly holdS: number }
}

const CASTING = 4.9

// prettier-ignore
export const PRODUCTS: Readonly<Record<ProductId, Product>> = {
  A: {
    code: 'q41f-16c-dn50', zh: '球阀', en: 'ball valve', price: 430, yearly: 20_000, lot: 100, kit: 89.5, packing: 5,
    components: [
      { name: 'body', zh: '阀体', kg: 4.4, price: CASTING, origin: 'cast', route: [['LA', 2, 290], ['MC', 1, 640]] },
      { name: 'tail', zh: '副阀体', kg: 2, price: CASTING, origin: 'cast', route: [['LA', 2, 240], ['MC', 1, 360]] },
      { name: 'ball', zh: '球体', kg: 2.1, price: 26, origin: 'bar', route: [['LA', 2, 270], ['GR', 1, 700]], outside: { name: 'chrome', price: 12.2 } },
      { name: 'stem', zh: '阀杆', kg: 0.45, price: 21, origin: 'bar', route: [['LA', 2, 170]] },
      { name: 'gland', zh: '压盖', kg: 0.3, price: 9, origin: 'bar', route: [['LA', 1, 150]] },
    ],
    final: [['AS', 1, 330], ['TE', 1, 190], ['PA', 1, 80]],
    test: { shell: 2.4, seat: 1.76, holdS: 15 },
  },
  B: {
    code: 'z41h-16c-dn100', zh: '闸阀', en: 'gate valve', price: 1150, yearly: 7_000, lot: 30, kit: 150, packing: 18,
    components: [
      { name: 'body', zh: '阀体', kg: 25, price: 9.3, origin: 'blank', route: [['LA', 3, 410], ['MC', 2, 780]], boring: { price: 60, seconds: 900 } },
      { name: 'bonnet', zh: '阀盖', kg: 8, price: CASTING, origin: 'cast', route: [['LA', 2, 390], ['MC', 1, 640]] },
      { name: 'wedge', zh: '闸板', kg: 4, price: CASTING, origin: 'cast', route: [['LA', 2, 360], ['MC', 1, 500], ['GR', 2, 400]], outside: { name: 'hard-facing', price: 44 } },
      { name: 'stem', zh: '阀杆', kg: 3.2, price: 15, origin: 'bar', route: [['LA', 3, 280]] },
      { name: 'seats', zh: '阀座圈', kg: 1.6, price: 13, origin: 'bar', route: [['LA', 4, 190]] },
      { name: 'yoke-nut', zh: '阀杆螺母', kg: 0.9, price: 54, origin: 'bar', route: [['LA', 2, 180]] },
    ],
    final: [['LP', 1, 1500], ['AS', 1, 600], ['TE', 1, 420], ['PA', 1, 150]],
    test: { shell: 2.4, seat: 1.76, holdS: 60 },
  },
  C: {
    code: 'j61h-250-dn25', zh: '截止阀', en: 'forged globe valve', price: 365, yearly: 14_000, lot: 100, kit: 62, packing: 3.5,
    components: [
      { name: 'body', zh: '阀体', kg: 4, price: 17.5, origin: 'blank', route: [['LA', 2, 330], ['MC', 1, 580]] },
      { name: 'bonnet', zh: '阀盖', kg: 1.4, price: 17.5, origin: 'blank', route: [['LA', 2, 260], ['MC', 1, 360]] },
      { name: 'disc', zh: '阀瓣', kg: 0.25, price: 38, origin: 'blank', route: [['LA', 2, 200], ['GR', 1, 300]], outside: { name: 'hard-facing', price: 11.5 } },
      { name: 'stem', zh: '阀杆', kg: 0.5, price: 19, origin: 'bar', route: [['LA', 2, 230]] },
      { name: 'gland', zh: '压盖', kg: 0.3, price: 11, origin: 'bar', route: [['LA', 1, 150]] },
    ],
    final: [['LP', 1, 700], ['AS', 1, 330], ['TE', 1, 220], ['PA', 1, 60]],
    test: { shell: 37.5, seat: 27.5, holdS: 15 },
  },
  D: {
    code: 'd371x-16-dn150', zh: '蝶阀', en: 'butterfly valve', price: 530, yearly: 8_000, lot: 50, kit: 112, packing: 10,
    components: [
      { name: 'body', zh: '阀体', kg: 9, price: 8.6, origin: 'blank', route: [['LA', 2, 390], ['MC', 1, 720]] },
      { name: 'disc', zh: '蝶板', kg: 2.6, price: 27, origin: 'blank', route: [['LA', 2, 330], ['MC', 1, 500], ['GR', 1, 260]], outside: { name: 'coating', price: 6.75 } },
      { name: 'shaft', zh: '阀轴', kg: 1.3, price: 15.5, origin: 'bar', route: [['LA', 2, 210]] },
    ],
    final: [['AS', 1, 420], ['TE', 1, 360], ['PA', 1, 110]],
    test: { shell: 2.4, seat: 1.76, holdS: 60 },
  },
}
