/**
 * A chunk: the readings of one series in one minute as bytes. Times are delta-of-delta varints, values the cheapest of three exact
 * forms (constant; decimals as integer deltas; XOR of neighbouring floats), a CRC-32 at the end.
 * Valid:   [0x13, n, offset, step, f64 value, crc] : a constant at a regular period
 * Invalid: anything whose CRC or length does not fit; decodeChunk answers null for it
 */
import zlib from 'node:zlib'

/** Readings of a minute: ms after its start (0…59,999, strictly rising) and values, both `n` long. */
export type Minute = { readonly n: number; readonly offsets: Uint16Array; readonly values: Float64Array }

const VERSION = 0x10
const REGULAR = 1
const FORM = { constant: 2, decimal: 4, xor: 6 } as const
/** Largest number of decimals tried; the finest resolution of a plant file is 1e-6. */
const MAX_DECIMALS = 6
const POWERS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6] as const
/** Below it a delta of two scaled values is exact and fits a zigzag varint of 53 bits. */
const MAX_SCALED = 2 ** 51
const CRC_BYTES = 4
/** Worst case of a reading: 3 bytes of time, 9 of value. */
const MAX_READING_BYTES = 12
const HEADER_BYTES = 32

const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)
let scratch = new Uint8Array(4096)
let at = 0

/** Bytes of a minute; exact for every finite float, -0 included. Throws RangeError when there is nothing to store. */
export function encodeChunk({ n, offsets, values }: Minute): Uint8Array {
  if (n < 1) throw new RangeError('a chunk holds at least one reading')
  const room = n * MAX_READING_BYTES + HEADER_BYTES
  if (scratch.length < room) scratch = new Uint8Array(room * 2)
  at = 1
  putVarint(n)
  const regular = putTimes(n, offsets)
  const decimals = decimalsOf(n, values)
  let form: number = FORM.xor
  if (isConstant(n, values)) {
    form = FORM.constant
    putFloat(values[0]!)
  } else if (decimals >= 0) {
    form = FORM.decimal
    putDecimals(n, values, decimals)
  } else putXor(n, values)
  scratch[0] = VERSION | form | (regular ? REGULAR : 0)
  const blob = new Uint8Array(at + CRC_BYTES)
  blob.set(scratch.subarray(0, at))
  new DataView(blob.buffer).setUint32(at, zlib.crc32(blob.subarray(0, at)), true)
  return blob
}

/** The readings of a chunk, or null when the bytes were damaged. */
export function decodeChunk(blob: Uint8Array): Minute | null {
  const end = blob.length - CRC_BYTES
  if (end < 3) return null
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength)
  if (view.getUint32(end, true) !== zlib.crc32(blob.subarray(0, end))) return null
  const head = blob[0]!
  if ((head & 0xf0) !== VERSION) return null
  at = 1
  const n = getVarint(blob)
  const offsets = getTimes(blob, n, (head & REGULAR) !== 0)
  const values = new Float64Array(n)
  const form = head & 0x0e
  if (form === FORM.constant) values.fill(view.getFloat64(at, true))
  else if (form === FORM.decimal) getDecimals(blob, values)
  else if (form === FORM.xor) getXor(blob, values)
  else return null
  return { n, offsets, values }
}

function putTimes(n: number, offsets: Uint16Array): boolean {
  putVarint(offsets[0]!)
  if (n === 1) return true
  const step = offsets[1]! - offsets[0]!
  putVarint(step)
  let regular = true
  for (let i = 2; i < n && regular; i++) regular = step === offsets[i]! - offsets[i - 1]!
  if (regular) return true
  let previous = step
  for (let i = 2; i < n; i++) {
    const delta = offsets[i]! - offsets[i - 1]!
    putVarint(zigzag(delta - previous))
    previous = delta
  }
  return false
}

function getTimes(blob: Uint8Array, n: number, regular: boolean): Uint16Array {
  const offsets = new Uint16Array(n)
  let time = getVarint(blob)
  offsets[0] = time
  if (n === 1) return offsets
  let step = getVarint(blob)
  offsets[1] = time += step
  for (let i = 2; i < n; i++) {
    if (!regular) step += unzigzag(getVarint(blob))
    offsets[i] = time += step
  }
  return offsets
}

function isConstant(n: number, values: Float64Array): boolean {
  for (let i = 1; i < n; i++) if (!Object.is(values[i], values[0])) return false
  return true
}

/** The fewest decimals that hold every value exactly, or -1. */
function decimalsOf(n: number, values: Float64Array): number {
  let decimals = 0
  for (let i = 0; i < n; i++) {
    const value = values[i]!
    while (!isDecimal(value, decimals)) if (++decimals > MAX_DECIMALS) return -1
  }
  // A value that had fewer decimals must still be exact with more.
  for (let i = 0; i < n; i++) if (!isDecimal(values[i]!, decimals)) return -1
  return decimals
}

function isDecimal(value: number, decimals: number): boolean {
  const power = POWERS[decimals]!
  const scaled = Math.round(value * power)
  return scaled < MAX_SCALED && scaled > -MAX_SCALED && scaled / power === value && !Object.is(value, -0)
}

function putDecimals(n: number, values: Float64Array, decimals: number): void {
  scratch[at++] = decimals
  const power = POWERS[decimals]!
  let previous = 0
  for (let i = 0; i < n; i++) {
    const scaled = Math.round(values[i]! * power)
    putVarint(zigzag(scaled - previous))
    previous = scaled
  }
}

function getDecimals(blob: Uint8Array, values: Float64Array): void {
  const power = POWERS[blob[at++]!]!
  let scaled = 0
  for (let i = 0; i < values.length; i++) {
    scaled += unzigzag(getVarint(blob))
    values[i] = scaled / power
  }
}

/** Each value as the bytes that differ from its neighbour: one byte with the number of equal ones before and after, then the rest. */
function putXor(n: number, values: Float64Array): void {
  let previousLow = 0
  let previousHigh = 0
  for (let i = 0; i < n; i++) {
    float[0] = values[i]!
    const low = words[0]! ^ previousLow
    const high = words[1]! ^ previousHigh
    previousLow = words[0]!
    previousHigh = words[1]!
    const before = high !== 0 ? Math.clz32(high) >> 3 : 4 + (Math.clz32(low) >> 3)
    const after = low !== 0 ? trailingZeroBytes(low) : high !== 0 ? 4 + trailingZeroBytes(high) : 0
    scratch[at++] = (before << 4) | after
    for (let byte = after; byte < 8 - before; byte++)
      scratch[at++] = byte < 4 ? (low >>> (byte * 8)) & 0xff : (high >>> ((byte - 4) * 8)) & 0xff
  }
}

function getXor(blob: Uint8Array, values: Float64Array): void {
  words[0] = 0
  words[1] = 0
  for (let i = 0; i < values.length; i++) {
    const control = blob[at++]!
    const before = control >> 4
    for (let byte = control & 15; byte < 8 - before; byte++) {
      if (byte < 4) words[0] ^= blob[at++]! << (byte * 8)
      else words[1] ^= blob[at++]! << ((byte - 4) * 8)
    }
    values[i] = float[0]!
  }
}

const trailingZeroBytes = (word: number): number => (31 - Math.clz32(word & -word)) >> 3

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value)
const unzigzag = (code: number): number => (code % 2 === 0 ? code / 2 : -(code + 1) / 2)

function putVarint(value: number): void {
  while (value >= 0x80) {
    scratch[at++] = (value % 0x80) + 0x80
    value = Math.floor(value / 0x80)
  }
  scratch[at++] = value
}

function getVarint(blob: Uint8Array): number {
  let value = 0
  for (let scale = 1; ; scale *= 0x80) {
    const byte = blob[at++]!
    if (byte < 0x80) return value + byte * scale
    value += (byte - 0x80) * scale
  }
}

function putFloat(value: number): void {
  float[0] = value
  for (let byte = 0; byte < 8; byte++) scratch[at++] = (words[byte >> 2]! >>> ((byte & 3) * 8)) & 0xff
}
