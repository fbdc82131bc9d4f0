/** Raw messages as a person reads them. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { differing, gist, marked } from '../../dashboards/web/src/show/payload.ts'

const text = (parts: readonly { text: string }[]): string => parts.map((part) => part.text).join('')
const only = (parts: readonly { text: string; marked: boolean }[]): string[] =>
  parts.filter((part) => part.marked).map((part) => part.text)

describe('raw messages', () => {
  test('a row shows the values, and what cannot be read as it came', () => {
    expect(gist('{"ts":1,"seq":2,"boot":"a1","v":{"power_kw":6.31,"vib":1.1}}')).toBe(
      'power_kw 6.31, vib 1.1',
    )
    expect(gist('{"boot":"a1","items":[{"ts":1,"state":"RUN"}]}')).toBe('state RUN')
    expect(gist('{"ts":1')).toBe('{"ts":1')
  })

  test('the offending part is marked where it can be found', () => {
    expect(only(marked('{"ts":99,"v":{"zone_c":1312}}', 'out_of_range', 'zone_c 1312 above 1100'))).toEqual([
      '"zone_c":1312',
    ])
    expect(only(marked('{"ts":99,"v":{}}', 'ts_in_future', ''))).toEqual(['"ts":99'])
    expect(only(marked('{"ts":1,"boot":"a1', 'bad_json', ''))).not.toEqual([])
    expect(only(marked('{"v":{}}', 'bad_shape', 'no such thing'))).toEqual([])
  })

  test('a conflict marks the whole number that differs', () => {
    const [stands, other] = differing('{"v":{"good":3229,"scrap":0}}', '{"v":{"good":3235,"scrap":0}}')
    expect([only(stands), only(other)]).toEqual([['3229'], ['3235']])
  })

  test('no character of any message is lost or added by marking', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (a, b, detail) => {
        expect(text(marked(a, 'out_of_range', detail))).toBe(a)
        expect(text(marked(a, 'bad_json', detail))).toBe(a)
        const [left, right] = differing(a, b)
        expect([text(left), text(right)]).toEqual([a, b])
      }),
    )
  })
})
