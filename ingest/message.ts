/** What a journal entry carries for the pipeline when it is read again: a device's message, or a fact that a person entered. */
import { ControlEntry, FactPut } from '#contract/control.ts'
import { entryClass, parseDeviceTopic, type DeviceClass } from '#contract/topics.ts'
import { decode, decodeBody, type Decoded } from '#domain/telemetry/decode.ts'
import type { JournalEntry } from '#store/journal/journal.ts'
import { MANUAL } from './stages/admit.ts'

export type Message = { readonly cls: DeviceClass; readonly machine: string; readonly decoded: Decoded }

/** The message of an entry, or null when it is a tick or another deed. */
export function messageOf(entry: JournalEntry): Message | null {
  const topic = parseDeviceTopic(entry.topic)
  if (topic) return { cls: topic.class, machine: topic.machine, decoded: decode(entry.payload, topic.class) }
  if (entryClass(entry.topic) !== 'control' || !entry.topic.endsWith('/fact.put')) return null
  const control = ControlEntry.safeParse(parse(entry.payload))
  const fact = control.success ? factOf(control.data.body, entry.offset) : null
  return fact && { cls: fact.cls, machine: fact.machine, decoded: decodeBody(fact.body, fact.cls) }
}

/** The body of the message that a fact stands for; null when it is no fact. */
export function factOf(body: unknown, offset: number) {
  const fact = FactPut.safeParse(body)
  if (!fact.success) return null
  const { machine, class: cls, item } = fact.data
  return { machine, cls, body: { seq: offset, ...item, boot: MANUAL } }
}

/** The payload as JSON, or null. */
export function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'))
  } catch {
    return null // no JSON is no control entry: the pipeline has answered it `bad_body`
  }
}
