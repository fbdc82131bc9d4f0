/** Bytes -> items. What cannot be decoded is one item with its fault, so that it is counted and kept like any other. */
import { decode as decodeBytes, decodeBody } from '#domain/telemetry/decode.ts'
import { setItems, type Work } from '../work.ts'

export function decode(work: Work): void {
  const decoded =
    work.body === undefined ? decodeBytes(work.entry.payload, work.cls) : decodeBody(work.body, work.cls)
  if (!decoded.ok) {
    work.boot = null
    work.at = work.entry.receivedAt
    setItems(work, [], 1)
    work.faults[0] = decoded.fault
  } else {
    work.boot = decoded.boot
    work.at = decoded.at
    setItems(work, decoded.items, decoded.items.length)
    if (decoded.faults !== null) for (let i = 0; i < work.count; i++) work.faults[i] = decoded.faults[i]!
  }
  work.firm.tally.decoded += work.count
}
