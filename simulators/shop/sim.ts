/** What a simulated machine is (model), what it remembers (sim: plain JSON, stored with its outbox) and what it says (items). */
import type { Machine, MachineState, Shift } from '#domain/plant/plant.ts'
import type { Instant, Millis } from '#domain/time.ts'
import type { Chance } from '../random.ts'
import type { Job, KindModel } from './kind.ts'

export type MachineModel = {
  readonly machine: Machine
  readonly kind: KindModel
  /** Place among the machines of its kind: decides who is manned at night. */
  readonly index: number
  readonly shifts: readonly Shift[]
  readonly seed: number
  /** Samples per declared sample. */
  readonly rate: number
  /** How much faster orders, cycles and states follow each other; time itself is real. */
  readonly speed: number
}

export type Order = { readonly id: string; readonly job: number; readonly planned: number; done: number }

/** What follows when the present dwell ends. */
export type Next = 'cycle' | 'fault' | 'repair' | 'stop' | 'wait' | 'resume' | 'setup'
export type Dwell = { state: MachineState; reason: string | null; next: Next; leftMs: Millis }

/** Of MachineSim's shape: one stored by an older simulator gives its registers only. */
export const SIM_VERSION = 2

export type MachineSim = Chance & {
  version: number
  seed: number
  /** Everything up to here has happened. */
  at: Instant
  state: MachineState
  reason: string | null
  next: Next
  endsAt: Instant
  duty: 'work' | 'pause' | 'rest'
  dutyUntil: Instant
  /** What was going on when a break or the end of the shift came. */
  held: Dwell | null
  order: Order | null
  orders: number
  serial: number
  worker: string | null
  cycleMs: Millis
  /** Of the running cycle, at `runSince`. */
  cycleLeftMs: Millis
  runSince: Instant
  toolUses: number
  tools: number
  workOrder: string | null
  nextStateAt: Instant
  nextCountAt: Instant
  sample: number
  /** Newest value of every signal, before noise. */
  signals: Record<string, number>
  /** Cumulative, in the measure's unit. */
  registers: Record<string, number>
  /** Since it began, whatever is measured: energy, and time in each state. */
  readonly lived: { wh: number; readonly ms: Record<MachineState, Millis> }
}

export const jobOf = (model: MachineModel, order: Order | null): Job =>
  model.kind.jobs[order?.job ?? 0] ?? model.kind.jobs[0]!
