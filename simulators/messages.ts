/** Items of an outbox as MQTT messages: one each, or a batch of those that share machine, class, boot and clock. Pure. */
import type { Waiting } from './outbox.ts'

export type Message = { readonly entries: readonly Waiting[]; readonly qos: 0 | 1 }

/** Contract: at most 64 kB, with room for the envelope. */
const MAX_BYTES = 60_000

/** In the order of their first item. A replay is evidence that the gateway kept: all of it is sent at QoS 1. */
export function messagesOf(waiting: readonly Waiting[], batchItems: number): Message[] {
  if (batchItems === 1) return waiting.map((entry) => ({ entries: [entry], qos: entry.qos }))
  const out: { entries: Waiting[]; bytes: number }[] = []
  const open = new Map<string, { entries: Waiting[]; bytes: number }>()
  for (const entry of waiting) {
    const key = `${entry.machine} ${entry.class} ${entry.boot} ${entry.skew ?? 0}`
    let batch = open.get(key)
    const full = batch && (batch.entries.length >= batchItems || batch.bytes + entry.item.length > MAX_BYTES)
    if (!batch || full || entry.raw) {
      batch = { entries: [], bytes: 0 }
      out.push(batch)
      // broken bytes fit into no batch, and close the one before: its order stays
      if (entry.raw) open.delete(key)
      else open.set(key, batch)
    }
    batch.entries.push(entry)
    batch.bytes += Buffer.byteLength(entry.item) + 1
  }
  return out.map(({ entries }) => ({ entries, qos: 1 }))
}

/** The bytes to send by a device whose clock shows `at`. */
export function payloadOf(entries: readonly Waiting[], at: number): string | Buffer {
  const first = entries[0]!
  if (first.raw) return Buffer.from(first.raw, 'base64')
  if (entries.length === 1) return `{"boot":"${first.boot}","at":${at},${first.item.slice(1)}`
  return `{"boot":"${first.boot}","at":${at},"items":[${entries.map(({ item }) => item).join(',')}]}`
}
