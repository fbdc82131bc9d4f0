/**
 * Time moves on: a tick. Silence is judged by the ticks' monotonic clock, so live and replay agree. After a hole between ticks the
 * timers start again: who could not be heard must not be called silent.
 */
import type { JournalEntry } from '#store/journal/journal.ts'
import { SECOND, type Millis } from '#domain/time.ts'
import type { Firm, JournalClock } from '../firm.ts'
import type { Live } from '../live.ts'
import type { MachineMemory } from '../machine.ts'
import { moveTime } from '../settle.ts'

/** Ticks come every 5 s; a longer hole than this, or a clock that starts anew, restarts the timers. */
export const TICK_GAP: Millis = 15 * SECOND

export function advanceTime(firm: Firm, entry: JournalEntry, live: Live): void {
  const clock = readTick(entry)
  if (clock === null) return
  const passed = clock.mono - firm.clock.mono
  const restart = passed < 0 || passed > TICK_GAP
  firm.clock = clock
  for (const machine of firm.machines.values()) {
    const { now } = machine
    if (now.state === 'UNKNOWN' || machine.index === null) continue
    if (restart) now.heardMono = clock.mono
    else if (clock.mono - now.heardMono > machine.index.machine.stateStaleMs) fallSilent(firm, machine, live)
    else continue
    firm.touch(machine)
  }
  if (firm.plant) moveTime(firm, restart)
}

/** UNKNOWN from the moment its timeout passed; running on with the last state would be a lie. */
function fallSilent(firm: Firm, machine: MachineMemory, live: Live): void {
  const { now } = machine
  now.state = 'UNKNOWN'
  now.reason = null
  now.since = now.stateTs + machine.index!.machine.stateStaleMs
  live.changed(firm, machine)
}

/** A tick of the journal's owner, or null when its payload is none. */
function readTick(entry: JournalEntry): JournalClock | null {
  try {
    const { wall, mono } = JSON.parse(entry.payload.toString('utf8')) as Partial<JournalClock>
    return Number.isFinite(wall) && Number.isFinite(mono) ? { wall: wall!, mono: mono! } : null
  } catch {
    return null // no tick of ours: it moves no timer, and the next one comes in 5 s
  }
}
