/**
 * The entries of a zip file that somebody sent, unpacked with limits: never more than was allowed, whatever the file says of itself. Only
 * what a spreadsheet needs: stored or deflated entries of the central directory, no encryption, no zip64.
 */
import { inflateRawSync } from 'node:zlib'

export type ZipFault = 'not_a_zip' | 'too_many_entries' | 'too_large' | 'encrypted'
export type Unzipped = { readonly entries: ReadonlyMap<string, Uint8Array> } | { readonly fault: ZipFault }

const END = 0x06054b50
const ENTRY = 0x02014b50
const LOCAL = 0x04034b50
const MAX_ENTRIES = 500
const END_SIZE = 22
const MAX_COMMENT = 65_535

/** Unpacks the entries that `wanted` names, at most `limit` bytes together. Never throws. */
export function unzip(file: Buffer, wanted: (name: string) => boolean, limit: number): Unzipped {
  const end = endOf(file)
  if (end < 0) return { fault: 'not_a_zip' }
  const count = file.readUInt16LE(end + 10)
  if (count > MAX_ENTRIES) return { fault: 'too_many_entries' }
  const entries = new Map<string, Uint8Array>()
  let at = file.readUInt32LE(end + 16)
  let left = limit
  try {
    for (let i = 0; i < count; i++) {
      if (file.readUInt32LE(at) !== ENTRY) return { fault: 'not_a_zip' }
      const flags = file.readUInt16LE(at + 8)
      const method = file.readUInt16LE(at + 10)
      const packed = file.readUInt32LE(at + 20)
      const lengths = [28, 30, 32].map((place) => file.readUInt16LE(at + place))
      const local = file.readUInt32LE(at + 42)
      const name = file.toString('utf8', at + 46, at + 46 + lengths[0]!)
      at += 46 + lengths.reduce((sum, length) => sum + length, 0)
      if (!wanted(name) || entries.has(name)) continue
      if (flags & 1) return { fault: 'encrypted' }
      if (file.readUInt32LE(local) !== LOCAL) return { fault: 'not_a_zip' }
      const from = local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28)
      const bytes = file.subarray(from, from + packed)
      if (bytes.length !== packed || (method !== 0 && method !== 8)) return { fault: 'not_a_zip' }
      if (left <= 0 || (method === 0 && packed > left)) return { fault: 'too_large' }
      const content = method === 0 ? bytes : inflateRawSync(bytes, { maxOutputLength: left })
      left -= content.length
      entries.set(name, content)
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return { fault: code === 'ERR_BUFFER_TOO_LARGE' ? 'too_large' : 'not_a_zip' }
  }
  return { entries }
}

/** Place of the end record, looked for from the end on: a comment may follow it. */
function endOf(file: Buffer): number {
  for (let at = file.length - END_SIZE; at >= Math.max(0, file.length - END_SIZE - MAX_COMMENT); at--)
    if (file.readUInt32LE(at) === END) return at
  return -1
}
