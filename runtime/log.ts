/**
 * One line of JSON per event on stderr. Control characters are escaped by JSON itself; secrets are replaced by name, so a caller
 * may log what it has. A log that cannot be written (closed pipe, full disk) gives way and never stops the work.
 */
import pino, { type Logger } from 'pino'

const SECRETS = ['password', 'secret', 'token', 'authorization', 'cookie', 'signIn', 'hash']

export type Log = Logger

/** A logger for one process. Level from BAIYUAN_LOG (`debug` … `error`, `silent`), default `info`. */
export function createLog(name: string): Log {
  const out = pino.destination({ dest: 2, sync: true })
  out.on('error', () => out.removeAllListeners('drain')) // the log gives way first; nothing else may fail for it
  return pino(
    {
      name,
      level: process.env['BAIYUAN_LOG'] ?? 'info',
      base: { name },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRETS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[redacted]' },
      formatters: { level: (label) => ({ level: label }) },
    },
    out,
  )
}
