/** What is to be known of a kind of machine to simulate it: data, see kinds.ts for the valve works. */

/** How a signal moves while the machine runs; `phase` is the part of the cycle that has passed. */
export type Shape = 'level' | 'cut' | 'ramp' | 'melt' | 'press' | 'load' | 'saw' | 'wear'

export type SignalModel = {
  readonly off: number
  readonly idle: number
  readonly setup?: number
  readonly run: readonly [number, number]
  /** Standard deviation of the sensor's noise. */
  readonly noise: number
  readonly shape?: Shape
  /** Seconds of a first-order lag: temperatures do not jump. */
  readonly lag?: number
}

export type Job = {
  readonly product: string
  readonly operation: string
  readonly lot: number
  readonly cycleS: number
  readonly material?: { readonly name: string; readonly perPiece: number; readonly unit: string }
  /** Shell test pressure, for test benches. */
  readonly mpa?: number
}

export type KindModel = {
  /** Machines of this kind that are manned, by shift. */
  readonly manned: readonly number[]
  /** What it does when nobody is there; `rest` says how many of them do it (the others are OFF). */
  readonly unmanned: {
    readonly state: 'OFF' | 'IDLE' | 'RUN'
    readonly reason?: string
    readonly rest: number
  }
  /** Goes on through breaks. */
  readonly unattended?: boolean
  readonly setupMin: number
  readonly waitMin: number
  readonly mtbfH: number
  readonly mttrH: number
  readonly scrap: number
  readonly faults: readonly string[]
  readonly tool?: { readonly type: string; readonly cycles: number }
  readonly jobs: readonly Job[]
  readonly signals: Readonly<Record<string, SignalModel>>
}
