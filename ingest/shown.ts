/** Message payloads for a person's eyes: as received, cut, control characters escaped so that no terminal or page obeys them. */
const MAX_SHOWN = 2048
// oxlint-disable-next-line no-control-regex -- finding control characters is the point
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** At most `max` bytes of a payload as text; bytes that are no UTF-8 show as U+FFFD. */
export function showPayload(payload: Buffer, max = MAX_SHOWN): string {
  return payload
    .toString('utf8', 0, Math.min(payload.length, max))
    .replace(CONTROL, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
