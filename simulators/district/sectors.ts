/**
 * What the small firms of a district make, and the machines that they have. EVERY FIGURE IS ILLUSTRATIVE. A machine of the kinds that the
 * simulated shop describes (lathe, centre, bench, test, compressor) lives as there, and makes valves; the others make parts.
 */
export type Title = { readonly zh: string; readonly en: string }

export type KindOfMachine = {
  readonly title: Title
  readonly ratedKw: number
  /** Beside power, energy and pieces. */
  readonly signals?: Readonly<Record<string, string>>
  /** It makes no pieces. */
  readonly utility?: boolean
}

const signal = (zh: string, en: string, unit: string, resolution: number, range: string) =>
  `{ class: telemetry, title: { zh: ${zh}, en: ${en} }, unit: '${unit}', resolution: ${resolution}, range: ${range}, period_s: 10 }`

const spindle = { load_pct: signal('主轴负载', 'Spindle load', '%', 1, '[0, 200]') }

export const MACHINES = {
  lathe: { title: { zh: '数控车床', en: 'CNC lathe' }, ratedKw: 15, signals: spindle },
  centre: { title: { zh: '加工中心', en: 'Machining centre' }, ratedKw: 22, signals: spindle },
  bench: { title: { zh: '装配台', en: 'Assembly bench' }, ratedKw: 2 },
  test: {
    title: { zh: '试压台', en: 'Pressure test bench' },
    ratedKw: 15,
    signals: { pressure_mpa: signal('试验压力', 'Test pressure', 'MPa', 0.01, '[0, 60]') },
  },
  compressor: {
    title: { zh: '空压机', en: 'Air compressor' },
    ratedKw: 37,
    signals: { pressure_mpa: signal('排气压力', 'Discharge pressure', 'MPa', 0.001, '[0, 1.6]') },
    utility: true,
  },
  turning: { title: { zh: '车床', en: 'Turning machine' }, ratedKw: 11 },
  milling: { title: { zh: '铣床', en: 'Milling machine' }, ratedKw: 7.5 },
  boring: { title: { zh: '镗床', en: 'Boring machine' }, ratedKw: 15 },
  grinding: { title: { zh: '磨床', en: 'Grinding machine' }, ratedKw: 11 },
  press: { title: { zh: '冲床', en: 'Press' }, ratedKw: 22 },
  header: { title: { zh: '冷镦机', en: 'Cold header' }, ratedKw: 18.5 },
  saw: { title: { zh: '锯床', en: 'Sawing machine' }, ratedKw: 4 },
  welding: { title: { zh: '焊接工位', en: 'Welding station' }, ratedKw: 12 },
  assembly: { title: { zh: '装配工位', en: 'Assembly station' }, ratedKw: 2 },
} as const satisfies Readonly<Record<string, KindOfMachine>>
export type MachineKind = keyof typeof MACHINES

export type Sector = { readonly id: string; readonly title: Title; readonly kinds: readonly MachineKind[] }

export const SECTORS: readonly Sector[] = [
  { id: 'valves', title: { zh: '阀门', en: 'Valve' }, kinds: ['lathe', 'lathe', 'centre', 'bench', 'test'] },
  {
    id: 'pumps',
    title: { zh: '水泵', en: 'Pump' },
    kinds: ['turning', 'boring', 'turning', 'milling', 'assembly'],
  },
  { id: 'hardware', title: { zh: '五金', en: 'Hardware' }, kinds: ['press', 'press', 'welding', 'assembly'] },
  {
    id: 'woodworking',
    title: { zh: '木工机械', en: 'Woodworking Machinery' },
    kinds: ['milling', 'boring', 'turning', 'welding', 'assembly'],
  },
  {
    id: 'bearings',
    title: { zh: '轴承', en: 'Bearing' },
    kinds: ['turning', 'grinding', 'grinding', 'assembly'],
  },
  { id: 'fasteners', title: { zh: '紧固件', en: 'Fastener' }, kinds: ['header', 'header', 'press', 'saw'] },
  { id: 'moulds', title: { zh: '模具', en: 'Mould' }, kinds: ['milling', 'grinding', 'saw', 'boring'] },
  { id: 'gears', title: { zh: '齿轮', en: 'Gear' }, kinds: ['turning', 'milling', 'grinding'] },
]
