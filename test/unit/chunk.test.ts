import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeChunk, encodeChunk } from '#store/historian/chunk.ts'
import { mergeMinutes, OpenChunk } from '#store/historian/openChunk.ts'

const minute = (readings: readonly (readonly [number, number])[]) => {
  const chunk = new OpenChunk(0, 0, 0)
  for (const [offset, value] of readings) chunk.add(offset, value)
  return chunk.settled()
}
const listOf = ({ n, offsets, values }: ReturnType<typeof minute>) =>
  Array.from({ length: n }, (_, i) => [offsets[i]!, values[i]!] as const)

const offset = fc.integer({ min: 0, max: 59_999 })
const value = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -1e9, max: 1e9 }).map((cents) => cents / 100),
  fc.integer({ min: -1e12, max: 1e12 }).map((micro) => micro / 1e6),
  fc.constantFrom(0, -0, 1, 23.5, Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 51, -(2 ** 53)),
)
const readings = fc.array(fc.tuple(offset, value), { minLength: 1, maxLength: 120 })

test('a minute comes back exactly as it was written, whatever its values and their order', () => {
  fc.assert(
    fc.property(readings, (list) => {
      const model = [...new Map(list)].toSorted(([a], [b]) => a - b)
      const back = decodeChunk(encodeChunk(minute(list)))
      expect(listOf(back!)).toStrictEqual(model)
    }),
    { numRuns: 500 },
  )
})

test('merging keeps every instant once, and the newer write of it', () => {
  fc.assert(
    fc.property(readings, readings, (older, newer) => {
      const model = [...new Map([...older, ...newer])].toSorted(([a], [b]) => a - b)
      expect(listOf(mergeMinutes(minute(older), minute(newer)))).toStrictEqual(model)
    }),
  )
})

test('F7 a chunk with any one bit flipped, or cut anywhere, is known as damaged', () => {
  const blob = encodeChunk(
    minute(Array.from({ length: 30 }, (_, i) => [i * 2000 + (i % 3), 20 + Math.sin(i)])),
  )
  for (let bit = 0; bit < blob.length * 8; bit++) {
    const flipped = blob.slice()
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    expect(decodeChunk(flipped)).toBeNull()
  }
  for (let length = 0; length < blob.length; length++) expect(decodeChunk(blob.slice(0, length))).toBeNull()
})

test.each([
  ['a constant', () => 23.5, 20],
  ['two decimals that wander', (i: number) => (2350 + ((i * 7) % 11)) / 100, 90],
  ['floats without pattern', (i: number) => Math.sin(i) * 100, 60 * 9],
])('a minute of one reading a second, %s, is small', (_name, at, most) => {
  expect(encodeChunk(minute(Array.from({ length: 60 }, (_, i) => [i * 1000, at(i)]))).length).toBeLessThan(
    most,
  )
})
