/** A time as it is written on the command line. Valid: `2026-03-02`, `2026-03-02T08:00`, `2026-03-02T00:00Z`; invalid: `yesterday`. */
import { InvalidArgumentError } from 'commander'

/** `2026-03-02` is its midnight, and `2026-03-02T08:00` that minute, in Asia/Shanghai; an offset or Z is taken as written. */
export function instantOf(text: string): number {
  const day = /^\d{4}-\d\d-\d\d$/.test(text)
  const local = day ? `${text}T00:00` : text
  const at = Date.parse(/(?:Z|[+-]\d\d:\d\d)$/.test(local) ? local : `${local}+08:00`)
  if (Number.isNaN(at)) throw new InvalidArgumentError('write 2026-03-02 or 2026-03-02T08:00')
  return at
}
