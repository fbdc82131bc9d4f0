/** What a process has used, read from /proc (Linux): CPU seconds, resident memory, bytes handed to the disk. */
import fs from 'node:fs'

export type Usage = { readonly cpuS: number; readonly rssMb: number; readonly writtenMb: number }

const TICKS_PER_S = 100

export function usageOf(pid: number): Usage {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const io = fs.readFileSync(`/proc/${pid}/io`, 'utf8')
  return {
    cpuS: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S,
    rssMb: (Number(fields[21]) * 4096) / 1e6,
    writtenMb: Number(/^write_bytes: (\d+)/m.exec(io)?.[1] ?? 0) / 1e6,
  }
}

export const usedSince = (before: Usage, after: Usage): Usage => ({
  cpuS: after.cpuS - before.cpuS,
  rssMb: after.rssMb,
  writtenMb: after.writtenMb - before.writtenMb,
})
