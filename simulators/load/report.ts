/** What a load run says of itself: sent, acknowledged, latency, as lines for a person. */
import type { Job, Result } from './load.ts'

const whole = (n: number): string => Math.round(n).toLocaleString('en-US')

/** Lines without a line end; the last ones only when something went wrong. */
export function loadReport({ accounts, rate, inFlight, bytes }: Job, result: Result): string[] {
  const { sent, acknowledged, seconds, perSecond, p50Ms, p99Ms, maxMs, closed } = result
  const asked = rate === 0 ? 'as fast as they are acknowledged' : `${whole(rate)} messages/s asked for`
  const unanswered = sent - acknowledged
  return [
    `load         ${whole(accounts.length)} devices, ${asked}, at most ${inFlight} in flight each, ${bytes} bytes, QoS 1`,
    `sent         ${whole(sent)} messages in ${seconds.toFixed(1)} s`,
    `acknowledged ${whole(acknowledged)}, ${whole(perSecond)}/s`,
    `latency      ${p50Ms} ms median, ${p99Ms} ms p99, ${maxMs.toFixed(1)} ms at most`,
    ...(unanswered > 0 ? [`UNANSWERED   ${whole(unanswered)} messages`] : []),
    ...(closed > 0 ? [`CLOSED       ${whole(closed)} connections closed on their own`] : []),
  ]
}
