/** Logs for tests: one that is quiet, one that remembers its lines. */
import { pino } from 'pino'
import type { Log } from '#runtime/log.ts'

export const silentLog: Log = pino({ level: 'silent' })

export function rememberingLog(): { log: Log; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) })
  return { log, lines }
}
