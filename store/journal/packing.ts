/**
 * The filling side of a group: frames written one behind the other into a buffer that goes to the thread and comes back to be filled
 * again. Nothing is made per entry but its bytes.
 */
import { frameTemplate, firmOfTopic, viewOf, writeFrame } from './frame.ts'
import type { Appended } from './journal.ts'

const FIRST_BYTES = 64 * 1024
/** A group that has grown to this is closed; the next entries fill another. */
export const GROUP_BYTES = 4 * 1024 * 1024
export const MAX_JOURNAL_PAYLOAD = 16 * 1024 * 1024
const MAX_TEMPLATES = 50_000
const MAX_SPARE = 2

export type Template = { readonly principal: string; readonly firm: string; readonly bytes: Uint8Array }

/** The fixed part of frames by topic; a topic has one principal, or changes it rarely. */
export class Templates {
  readonly #byTopic = new Map<string, Template>()

  /** Null when the topic names no firm or a name is too long. */
  of(topic: string, principal: string): Template | null {
    const known = this.#byTopic.get(topic)
    if (known && known.principal === principal) return known
    const bytes = frameTemplate(topic, principal)
    if (!bytes) return null
    const template = { principal, firm: firmOfTopic(topic)!, bytes }
    if (this.#byTopic.size >= MAX_TEMPLATES) this.#byTopic.clear()
    this.#byTopic.set(topic, template)
    return template
  }
}

export class Group {
  bytes: Uint8Array<ArrayBuffer>
  view: DataView
  length = 0
  /** received_at of the first entry: it decides the day. */
  at = 0
  readonly firms: string[] = []
  readonly done: Appended[] = []

  constructor(buffer: ArrayBuffer) {
    this.bytes = new Uint8Array(buffer)
    this.view = viewOf(this.bytes)
  }

  add(template: Template, receivedAt: number, payload: Uint8Array, done: Appended): void {
    const need = this.length + template.bytes.length + payload.length
    if (need > this.bytes.length) this.#grow(need)
    if (this.length === 0) this.at = receivedAt
    this.length = writeFrame(this.view, this.bytes, this.length, template.bytes, receivedAt, payload)
    this.firms.push(template.firm)
    this.done.push(done)
  }

  #grow(need: number): void {
    let size = this.bytes.length
    while (size < need) size *= 2
    this.bytes = new Uint8Array(this.bytes.buffer.transfer(size))
    this.view = viewOf(this.bytes)
  }
}

/** Buffers that came back, to be filled again. */
export class Spares {
  readonly #buffers: ArrayBuffer[] = []

  take(): ArrayBuffer {
    return this.#buffers.pop() ?? new ArrayBuffer(FIRST_BYTES)
  }

  give(buffer: ArrayBuffer): void {
    if (this.#buffers.length < MAX_SPARE && buffer.byteLength <= 2 * GROUP_BYTES) this.#buffers.push(buffer)
  }
}

/**
 * How long a group fills before it goes: about 20 ms while entries are few (each commit costs whole pages on the disk), 2 ms when
 * they are many. The rate is that of the last 200 ms or so.
 */
export class Window {
  #since = -Infinity
  #count = 0
  #rate = 0

  count(): void {
    this.#count++
  }

  /** Milliseconds to wait, at monotonic time `now` in ms. */
  at(now: number): number {
    const passed = now - this.#since
    if (passed >= RATE_OVER) {
      this.#rate = (this.#count / passed) * 1000
      this.#since = now
      this.#count = 0
    }
    return this.#rate < FEW_PER_SECOND ? LONG_WINDOW : SHORT_WINDOW
  }
}
const RATE_OVER = 200
const FEW_PER_SECOND = 2000
const LONG_WINDOW = 20
const SHORT_WINDOW = 2
