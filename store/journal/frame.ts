/**
 * A frame: one journal entry as bytes. A group commit is a run of frames; the evidence chain hashes frames from `HASHED_FROM` on.
 * All numbers little-endian:
 *
 *   0  u32  length of the whole frame           not hashed: it only says where the next frame begins
 *   4  u8   version, 1                          header, hashed
 *   5  u8   class, index in CLASSES
 *   6  u16  bytes of the principal
 *   8  u16  bytes of the topic (its second level is the firm, so the firm is hashed with it)
 *  10  u16  0
 *  12  u32  bytes of the payload
 *  16  u64  offset of the entry in its firm
 *  24  u64  received_at, ms since 1970 UTC
 *  32  principal, topic (UTF-8)
 *      payload                                  hashed
 */
export const FRAME_FIXED = 32
export const HASHED_FROM = 4
export const FRAME_VERSION = 1
const TWO_32 = 4_294_967_296

export const CLASSES = ['other', 'telemetry', 'count', 'state', 'event', 'control', 'tick'] as const
export type ClassName = (typeof CLASSES)[number]
/** Evidence from here on: chained and kept for ever. Before it: signals, and what no class claims. */
const FIRST_EVIDENCE = 2
export const isEvidence = (code: number): boolean => code >= FIRST_EVIDENCE

/** Class of a topic as its code; 0 when it is none of ours. */
export function classCode(topic: string): number {
  if (topic.startsWith('control/')) return 5
  if (topic.startsWith('tick/')) return 6
  switch (topic.slice(topic.lastIndexOf('/') + 1)) {
    case 'telemetry':
      return 1
    case 'count':
      return 2
    case 'state':
      return 3
    case 'event':
      return 4
    default:
      return 0
  }
}

const FIRM = /^[a-z0-9_-]{1,64}$/
export const isFirm = (text: string): boolean => FIRM.test(text)

/** Second level of a topic, or null when that is no firm's id. */
export function firmOfTopic(topic: string): string | null {
  const from = topic.indexOf('/') + 1
  if (from === 0) return null
  const to = topic.indexOf('/', from)
  const firm = to < 0 ? topic.slice(from) : topic.slice(from, to)
  return FIRM.test(firm) ? firm : null
}

/** What a frame says of itself, apart from its payload. */
export type Heading = {
  readonly topic: string
  readonly principal: string
  readonly firm: string
  readonly class: number
}

/**
 * The bytes of a frame up to its payload, with payload length, offset and received_at still 0: made once per topic and principal.
 * Null when the topic names no firm or a name is over 65,535 bytes.
 */
export function frameTemplate(topic: string, principal: string): Buffer | null {
  if (firmOfTopic(topic) === null) return null
  const names = Buffer.from(principal + topic, 'utf8')
  const topicBytes = Buffer.byteLength(topic)
  const principalBytes = names.length - topicBytes
  if (topicBytes > 0xffff || principalBytes > 0xffff) return null
  const template = Buffer.alloc(FRAME_FIXED + names.length)
  template[4] = FRAME_VERSION
  template[5] = classCode(topic)
  template.writeUInt16LE(principalBytes, 6)
  template.writeUInt16LE(topicBytes, 8)
  template.set(names, FRAME_FIXED)
  return template
}

/** Writes a whole frame at `at`; the buffer must have room. Returns where it ends. */
export function writeFrame(
  view: DataView,
  bytes: Uint8Array,
  at: number,
  template: Uint8Array,
  receivedAt: number,
  payload: Uint8Array,
): number {
  const length = template.length + payload.length
  bytes.set(template, at)
  bytes.set(payload, at + template.length)
  view.setUint32(at, length, true)
  view.setUint32(at + 12, payload.length, true)
  putU64(view, at + 24, receivedAt)
  return at + length
}

export const frameLength = (view: DataView, at: number): number => view.getUint32(at, true)
export const frameOffset = (view: DataView, at: number): number => getU64(view, at + 16)
export const frameReceivedAt = (view: DataView, at: number): number => getU64(view, at + 24)
export const setFrameOffset = (view: DataView, at: number, offset: number): void =>
  putU64(view, at + 16, offset)

/** One frame by itself, as it is hashed and stored. */
export function encodeFrame(entry: {
  readonly topic: string
  readonly principal: string
  readonly payload: Uint8Array
  readonly offset: number
  readonly receivedAt: number
}): Buffer {
  const template = frameTemplate(entry.topic, entry.principal)
  if (!template) throw new Error(`no journal topic: ${entry.topic}`)
  const frame = Buffer.alloc(template.length + entry.payload.length)
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length)
  writeFrame(view, frame, 0, template, entry.receivedAt, entry.payload)
  setFrameOffset(view, 0, entry.offset)
  return frame
}

/** Bytes that are no frame: damage. */
export class FrameError extends Error {}

export type Frame = Heading & {
  /** Where the frame begins and ends in its block. */
  readonly at: number
  readonly end: number
  readonly payloadAt: number
  readonly offset: number
  readonly receivedAt: number
}

const MAX_HEADINGS = 50_000

/** Reads frames. Topics and principals repeat, so each pair becomes strings once and is shared from then on. */
export class FrameReader {
  readonly #headings = new Map<string, Heading & { readonly principalBytes: number }>()

  /** The frame at `at`. Throws FrameError when the bytes there are none. */
  at(block: Buffer, view: DataView, at: number): Frame {
    if (at + FRAME_FIXED > block.length) throw new FrameError('a frame is cut')
    const length = view.getUint32(at, true)
    const principalBytes = view.getUint16(at + 6, true)
    const topicBytes = view.getUint16(at + 8, true)
    const payloadAt = at + FRAME_FIXED + principalBytes + topicBytes
    const end = at + length
    if (
      view.getUint8(at + 4) !== FRAME_VERSION ||
      end > block.length ||
      payloadAt + view.getUint32(at + 12, true) !== end ||
      view.getUint16(at + 10, true) !== 0
    )
      throw new FrameError('a frame has a broken header')
    const heading = this.#heading(block, at + FRAME_FIXED, principalBytes, payloadAt)
    if (heading.class !== view.getUint8(at + 5))
      throw new FrameError('a frame has the class of another topic')
    return {
      topic: heading.topic,
      principal: heading.principal,
      firm: heading.firm,
      class: heading.class,
      at,
      end,
      payloadAt,
      offset: frameOffset(view, at),
      receivedAt: frameReceivedAt(view, at),
    }
  }

  #heading(block: Buffer, from: number, principalBytes: number, to: number): Heading {
    const key = block.toString('latin1', from, to)
    const known = this.#headings.get(key)
    if (known && known.principalBytes === principalBytes) return known
    const topic = block.toString('utf8', from + principalBytes, to)
    const firm = firmOfTopic(topic)
    if (firm === null) throw new FrameError('a frame names no firm')
    const principal = block.toString('utf8', from, from + principalBytes)
    const heading = { topic, principal, firm, class: classCode(topic), principalBytes }
    if (this.#headings.size >= MAX_HEADINGS) this.#headings.clear()
    this.#headings.set(key, heading)
    return heading
  }
}

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

function putU64(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / TWO_32)
  view.setUint32(at, value - high * TWO_32, true)
  view.setUint32(at + 4, high, true)
}

const getU64 = (view: DataView, at: number): number =>
  view.getUint32(at + 4, true) * TWO_32 + view.getUint32(at, true)
