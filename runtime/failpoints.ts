/**
 * Named places where a test may kill the process, as a power cut would. `BAIYUAN_FAILPOINT=journal.beforeSync:3` kills at the third
 * hit. Without the variable a hit costs one comparison.
 */
const [wanted, nth] = (process.env['BAIYUAN_FAILPOINT'] ?? '').split(':')
let left = Number(nth ?? 1)

export const FAILPOINTS = [
  'journal.beforeAppend',
  'journal.beforeSync',
  'journal.beforeAck',
  'journal.afterAck',
  'ingest.beforeWrite',
  'ingest.afterWrite',
  'ingest.beforeCursor',
  'ingest.afterCursor',
] as const
export type Failpoint = (typeof FAILPOINTS)[number]

/** Marks a place. */
export function failpoint(name: Failpoint): void {
  if (wanted === name && --left === 0) process.kill(process.pid, 'SIGKILL')
}
