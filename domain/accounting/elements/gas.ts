/** 5 Natural gas: register × price; what no burner's own meter shows is the plant's. */
import { mediumPrice, metered } from './metered.ts'
import type { Element } from './element.ts'

export const gas: Element = {
  id: 'gas',
  title: { zh: '天然气', en: 'Natural gas' },
  driver: 'Nm³ by register',
  behaviour: 'variable',
  allocation: 'burner meter; else oven-hours',
  of: (work) => metered(work, 'gas', mediumPrice('gas')),
}
