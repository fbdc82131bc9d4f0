/** The eleven kinds and 43 machines. ILLUSTRATIVE: every figure is set from typical equipment, none is measured. */

export const KIND_IDS = ['FU', 'SB', 'HT', 'LA', 'MC', 'GR', 'LP', 'AS', 'TE', 'PA', 'CP'] as const
export type KindId = (typeof KIND_IDS)[number]

export type MachineKind = {
  /** Machines are `lathe-01`, `lathe-02` …; the same names as in the plant file. */
  readonly name: string
  readonly count: number
  /** Machines manned by shift; the first ones of the kind. */
  readonly day: number
  readonly night: number
  readonly runKw: number
  readonly idleKw: number
  readonly setupKw: number
  readonly setupMin: number
  /** Standard over actual cycle. */
  readonly effectiveness: number
  /** Run and set-up hours between failures; hours of a repair; yuan of parts. */
  readonly mtbfH: number
  readonly mttrH: number
  readonly parts: number
  /** Planned maintenance, hours a year of each machine. */
  readonly pmH: number
  /** Nm3 of compressed air in a run hour. */
  readonly air: number
  /** Depreciation, lease, insurance and space, yuan a year of all its machines. */
  readonly yearly: number
  /** Standard rates, yuan per machine-hour: all elements (value added), labour and machine (scrap and rework). */
  readonly rate: number
  readonly labourRate: number
  readonly machineRate: number
  readonly faults: readonly string[]
}

// prettier-ignore
export const KINDS: Readonly<Record<KindId, MachineKind>> = {
  FU: { name: 'furnace', count: 1, day: 1, night: 0, runKw: 380, idleKw: 25, setupKw: 0, setupMin: 0, effectiveness: 0.96, mtbfH: 40, mttrH: 2.5, parts: 1200, pmH: 0, air: 30, yearly: 118_000, rate: 2640.9, labourRate: 740, machineRate: 100.68, faults: ['cooling_flow', 'lining', 'inverter'] },
  SB: { name: 'blast', count: 1, day: 1, night: 0, runKw: 17, idleKw: 5, setupKw: 0, setupMin: 0, effectiveness: 0.94, mtbfH: 48, mttrH: 1.5, parts: 400, pmH: 40, air: 40, yearly: 27_000, rate: 205.3, labourRate: 100, machineRate: 12.24, faults: ['wheel_jam', 'elevator'] },
  HT: { name: 'oven', count: 1, day: 1, night: 0, runKw: 58, idleKw: 15, setupKw: 0, setupMin: 0, effectiveness: 0.97, mtbfH: 80, mttrH: 2, parts: 400, pmH: 30, air: 0, yearly: 44_000, rate: 242, labourRate: 38, machineRate: 19.85, faults: ['thermocouple', 'door'] },
  LA: { name: 'lathe', count: 16, day: 16, night: 8, runKw: 4.4, idleKw: 1.2, setupKw: 1.8, setupMin: 35, effectiveness: 0.91, mtbfH: 72, mttrH: 1.2, parts: 170, pmH: 40, air: 5, yearly: 488_000, rate: 107.7, labourRate: 30, machineRate: 9.3, faults: ['spindle_overload', 'turret', 'chuck_pressure'] },
  MC: { name: 'centre', count: 6, day: 6, night: 6, runKw: 7.2, idleKw: 1.8, setupKw: 2.6, setupMin: 45, effectiveness: 0.92, mtbfH: 60, mttrH: 1.5, parts: 320, pmH: 60, air: 8, yearly: 364_000, rate: 114.7, labourRate: 25, machineRate: 13.99, faults: ['spindle_overload', 'tool_changer', 'coolant_low'] },
  GR: { name: 'grinder', count: 4, day: 4, night: 2, runKw: 7, idleKw: 1.5, setupKw: 2, setupMin: 30, effectiveness: 0.92, mtbfH: 60, mttrH: 1.2, parts: 220, pmH: 40, air: 4, yearly: 104_000, rate: 116, labourRate: 29, machineRate: 7.93, faults: ['wheel_balance', 'probe'] },
  LP: { name: 'lapping', count: 4, day: 4, night: 0, runKw: 3, idleKw: 0.6, setupKw: 0.6, setupMin: 20, effectiveness: 0.94, mtbfH: 80, mttrH: 1, parts: 100, pmH: 20, air: 2, yearly: 40_000, rate: 72.2, labourRate: 26, machineRate: 4.49, faults: ['slurry_pump'] },
  AS: { name: 'bench', count: 4, day: 4, night: 0, runKw: 0.5, idleKw: 0.1, setupKw: 0.1, setupMin: 15, effectiveness: 0.9, mtbfH: 80, mttrH: 0.5, parts: 50, pmH: 10, air: 30, yearly: 26_000, rate: 101.5, labourRate: 54, machineRate: 2.91, faults: ['torque_tool'] },
  TE: { name: 'test', count: 3, day: 3, night: 0, runKw: 5.6, idleKw: 0.5, setupKw: 0.5, setupMin: 20, effectiveness: 0.93, mtbfH: 70, mttrH: 1, parts: 140, pmH: 30, air: 12, yearly: 58_000, rate: 271.8, labourRate: 57, machineRate: 8.72, faults: ['seal', 'pump'] },
  PA: { name: 'paint', count: 1, day: 1, night: 0, runKw: 19, idleKw: 8, setupKw: 8, setupMin: 10, effectiveness: 0.93, mtbfH: 45, mttrH: 2, parts: 300, pmH: 40, air: 60, yearly: 103_000, rate: 485.8, labourRate: 160, machineRate: 46.68, faults: ['burner', 'conveyor'] },
  CP: { name: 'compressor', count: 2, day: 2, night: 2, runKw: 36.5, idleKw: 12, setupKw: 0, setupMin: 0, effectiveness: 1, mtbfH: 400, mttrH: 3, parts: 900, pmH: 24, air: 0, yearly: 34_000, rate: 0, labourRate: 0, machineRate: 3.89, faults: ['oil_temperature', 'inverter'] },
}

/** Lowest power of a machine that is switched off, kW; the furnace and the oven are cut off from the mains. */
export const OFF_KW = 0.05

/** The foundry: one heat, one blast batch, one oven load. */
export const HEAT = { chargeKg: 700, castKg: 434, minutes: 61, kwhPerT: 566 } as const
export const BLAST = { batchKg: 150, seconds: 750 } as const
export const OVEN = { loadKg: 1000, hours: 4.5, heatUpKw: 90, heatUpH: 1.5, soakKw: 42 } as const

/** Uses of a tool: one in each cycle; changed at a share of its life. */
// prettier-ignore
export const TOOLS = [
  { type: 'turning-insert-edge', kind: 'LA', price: 10.5, life: 40 },
  { type: 'groove-thread-bore-edge', kind: 'LA', price: 20, life: 100 },
  { type: 'drill-mill-set', kind: 'MC', price: 88, life: 65 },
  { type: 'taps-reamers', kind: 'MC', price: 54, life: 90 },
  { type: 'grinding-wheel', kind: 'GR', price: 780, life: 650 },
  { type: 'lapping-compound', kind: 'LP', price: 460, life: 400 },
] as const satisfies readonly { type: string; kind: KindId; price: number; life: number }[]

export type MachineId = { readonly name: string; readonly kind: KindId; readonly index: number }

/** All 43 machines in the order of the plant file. */
export const MACHINES: readonly MachineId[] = KIND_IDS.flatMap((kind) =>
  Array.from({ length: KINDS[kind].count }, (_, index) => ({
    name: `${KINDS[kind].name}-${String(index + 1).padStart(2, '0')}`,
    kind,
    index,
  })),
)
