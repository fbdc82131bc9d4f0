/**
 * Every fault by its name: what it does, how it is sized, and which counter of the product must name it. One list for the local socket,
 * the command line and the page.
 *   transport: what arrives differs from what was measured. sensor: what is measured differs from what happened.
 *   process: what happens differs; those live with the works (works/processFaults.ts).
 */
import type { Title } from '#domain/plant/plant.ts'
import { MACHINES, type KindId } from '../works/data/machines.ts'
import { PROCESS_FAULTS, type ProcessFaultName, type ProcessFaultKind } from '../works/processFaults.ts'

/** A size of a fault. A number has a range; `choices` and text do not. */
export type Parameter = {
  readonly title: Title
  readonly unit: string
  readonly fallback: number | string | boolean
  readonly range?: readonly [number, number]
  readonly choices?: readonly string[]
}

export type FaultKind = 'transport' | 'sensor' | 'process'

export type FaultEntry = {
  readonly name: string
  readonly kind: FaultKind
  /** A fault of a device strikes all the machines that it speaks for. */
  readonly scope: 'machine' | 'device'
  readonly title: Title
  readonly does: Title
  /** What `probability` is of, and its default. */
  readonly chance: { readonly of: 'item' | 'piece' | 'occurrence'; readonly fallback: number }
  readonly params: Readonly<Record<string, Parameter>>
  /** Counters of the product that name it; none: only the truth knows. */
  readonly counters: readonly string[]
}

const size = (
  zh: string,
  en: string,
  unit: string,
  fallback: number,
  min: number,
  max: number,
): Parameter => ({ title: { zh, en }, unit, fallback, range: [min, max] })
const every = (fallback = 0) =>
  size('间隔（0：一次）', 'repeats after (0: once)', 's', fallback, 0, 31_536_000)
const lasts = (fallback: number, min = 1) => size('持续', 'lasts', 's', fallback, min, 86_400)
const measure = (en: string, zh: string): Parameter => ({
  title: { zh: `测量（空：${zh}）`, en: `measure (empty: ${en})` },
  unit: '',
  fallback: '',
})
const anySignal = measure('every signal', '全部信号')
const anyRegister = measure('every register', '全部累计量')
const pieces = measure('every count of pieces', '全部件数')
const oneRegister = measure('the first register', '第一个累计量')

const ITEM = (fallback: number) => ({ of: 'item', fallback }) as const
const TIMES = { of: 'occurrence', fallback: 1 } as const

// prettier-ignore
export const FAULTS = {
  dropout: { kind: 'transport', scope: 'machine', title: { zh: '断流', en: 'dropout' }, does: { zh: '连续若干条数据丢失，不再补发', en: 'a run of items is never sent' }, chance: ITEM(0.02), params: { burst: size('连续条数', 'items in a run', '1', 5, 1, 10_000) }, counters: ['gap'] },
  loss: { kind: 'transport', scope: 'machine', title: { zh: 'QoS 0 丢失', en: 'loss at QoS 0' }, does: { zh: '单条信号丢失；证据不受影响', en: 'single signals are never sent; evidence is not touched' }, chance: ITEM(0.002), params: {}, counters: ['gap'] },
  duplicate: { kind: 'transport', scope: 'machine', title: { zh: '重复', en: 'duplicate' }, does: { zh: '同一条数据再次发送', en: 'an item is sent again' }, chance: ITEM(0.005), params: { copies: size('副本', 'copies', '1', 1, 1, 20), delay_s: size('延迟', 'later by', 's', 0, 0, 3600) }, counters: ['duplicate'] },
  reorder: { kind: 'transport', scope: 'machine', title: { zh: '乱序', en: 'reorder' }, does: { zh: '数据被扣留后发送，落在较新数据之后', en: 'an item is held back and sent behind newer ones' }, chance: ITEM(0.02), params: { max_s: size('最长扣留', 'held at most', 's', 90, 1, 3600) }, counters: ['out_of_order'] },
  gateway_outage: { kind: 'transport', scope: 'device', title: { zh: '网关断线并补传', en: 'gateway outage and replay' }, does: { zh: '断线期间缓存，恢复后成批补传', en: 'keeps what is measured while offline and replays it as batches' }, chance: TIMES, params: { lasts_s: lasts(600, 5), every_s: every(), batch_items: size('每批条数', 'items in a batch', '1', 200, 1, 1000) }, counters: ['late'] },
  clock_skew: { kind: 'transport', scope: 'machine', title: { zh: '时钟偏差', en: 'clock skew' }, does: { zh: '设备时钟恒定偏差', en: 'the clock of the device is off by a constant' }, chance: ITEM(1), params: { skew_s: size('偏差', 'ahead by', 's', 90, -86_400, 86_400) }, counters: ['skew', 'quarantine:ts_in_future'] },
  clock_jump: { kind: 'transport', scope: 'machine', title: { zh: '时钟跳变', en: 'clock jump' }, does: { zh: '时钟突跳，一段时间后校正', en: 'the clock jumps and is set right after a while' }, chance: TIMES, params: { step_s: size('跳变', 'jumps by', 's', -3600, -31_536_000, 31_536_000), lasts_s: lasts(600), every_s: every() }, counters: ['skew', 'quarantine:ts_in_future'] },
  poison: { kind: 'transport', scope: 'machine', title: { zh: '毒消息', en: 'poison' }, does: { zh: '报文字节损坏：不是 JSON 或不是信封', en: 'the bytes of a message are broken: no JSON, or no envelope' }, chance: ITEM(0.002), params: {}, counters: ['quarantine:bad_json', 'quarantine:bad_shape', 'gap'] },
  wrong_type: { kind: 'transport', scope: 'machine', title: { zh: '类型错误', en: 'wrong type' }, does: { zh: '数值成了文本，文本成了数值', en: 'a number is sent as text, a text as a number' }, chance: ITEM(0.002), params: {}, counters: ['quarantine:bad_value', 'quarantine:bad_shape', 'gap'] },
  reboot: { kind: 'transport', scope: 'device', title: { zh: '重启', en: 'reboot' }, does: { zh: '设备重启：新的 boot，seq 重新开始；停机期间无测量', en: 'the device restarts: a new boot, seq starts anew; nothing is measured while it is down' }, chance: TIMES, params: { down_s: size('停机', 'down for', 's', 3, 1, 3600), every_s: every() }, counters: [] },
  plug_pulled: { kind: 'transport', scope: 'device', title: { zh: '拔电', en: 'plug pulled' }, does: { zh: '设备断电；未发送数据丢失或保留', en: 'the device loses power; what it had not sent is lost or kept' }, chance: TIMES, params: { lasts_s: lasts(60), every_s: every(), outbox: { title: { zh: '未发送数据', en: 'what was not sent' }, unit: '', fallback: 'lost', choices: ['lost', 'kept'] } }, counters: [] },
  stuck: { kind: 'sensor', scope: 'machine', title: { zh: '卡值', en: 'stuck' }, does: { zh: '信号停在上一个值', en: 'a signal keeps the value it had' }, chance: TIMES, params: { measure: anySignal, lasts_s: lasts(600), every_s: every() }, counters: [] },
  flatline: { kind: 'sensor', scope: 'machine', title: { zh: '平线', en: 'flatline' }, does: { zh: '信号变成一个常数', en: 'a signal becomes a constant' }, chance: ITEM(1), params: { measure: anySignal, value: size('常数', 'constant', '', 0, -1e9, 1e9) }, counters: ['quarantine:out_of_range'] },
  drift: { kind: 'sensor', scope: 'machine', title: { zh: '漂移', en: 'drift' }, does: { zh: '信号缓慢偏离', en: 'a signal moves away from the truth, slowly' }, chance: ITEM(1), params: { measure: anySignal, per_h: size('每小时（占量程）', 'each hour (share of the range)', '1/h', 0.05, -10, 10) }, counters: ['quarantine:out_of_range'] },
  spike: { kind: 'sensor', scope: 'machine', title: { zh: '尖峰', en: 'spike' }, does: { zh: '单个样本突跳', en: 'single samples jump' }, chance: ITEM(0.01), params: { measure: anySignal, size: size('幅度（占量程）', 'size (share of the range)', '1', 1.5, -100, 100) }, counters: ['quarantine:out_of_range'] },
  reversed_ct: { kind: 'sensor', scope: 'machine', title: { zh: '互感器反接', en: 'reversed CT' }, does: { zh: '功率为负，电能累计停走或倒走', en: 'power reads negative, the energy register stands still or runs backwards' }, chance: ITEM(1), params: { backwards: { title: { zh: '倒走', en: 'runs backwards' }, unit: '', fallback: false } }, counters: ['quarantine:out_of_range', 'reset'] },
  missed_count: { kind: 'sensor', scope: 'machine', title: { zh: '漏计', en: 'missed count' }, does: { zh: '部分件数没有计入', en: 'some pieces are not counted' }, chance: { of: 'piece', fallback: 0.02 }, params: { measure: pieces }, counters: [] },
  double_count: { kind: 'sensor', scope: 'machine', title: { zh: '重计', en: 'double count' }, does: { zh: '部分件数计了两次', en: 'some pieces are counted twice' }, chance: { of: 'piece', fallback: 0.02 }, params: { measure: pieces }, counters: [] },
  rollover: { kind: 'sensor', scope: 'machine', title: { zh: '翻转', en: 'rollover' }, does: { zh: '累计量越过上限从 0 开始；申报了上限的换上一块将满的表并上报换表', en: 'a register passes its end and starts at 0; where the plant file knows the end, a nearly full meter is put in and announced' }, chance: TIMES, params: { measure: oneRegister, after: size('再走多少翻转', 'growth until it rolls over', '', 0, 0, 1e9), every_s: every() }, counters: ['rollover', 'reset', 'swap'] },
  reset: { kind: 'sensor', scope: 'machine', title: { zh: '清零', en: 'reset' }, does: { zh: '累计量被清零', en: 'a register is set to 0' }, chance: TIMES, params: { measure: anyRegister, every_s: every() }, counters: ['reset', 'rollover'] },
  meter_swap: { kind: 'sensor', scope: 'machine', title: { zh: '换表', en: 'meter swap' }, does: { zh: '换上另一块表，上报或未上报', en: 'another meter is put in, with or without its event' }, chance: TIMES, params: { measure: oneRegister, new_first: size('新表初值', 'the new one begins at', '', 0, 0, 1e9), announced: { title: { zh: '上报换表事件', en: 'its event is sent' }, unit: '', fallback: true }, every_s: every() }, counters: ['swap', 'reset', 'rollover'] },
  flapping_state: { kind: 'sensor', scope: 'machine', title: { zh: '状态抖动', en: 'flapping state' }, does: { zh: 'RUN 与 IDLE 来回跳', en: 'the state jumps between RUN and IDLE' }, chance: ITEM(1), params: { every_s: size('每隔', 'each', 's', 5, 1, 600) }, counters: [] },
} as const satisfies Readonly<Record<string, Omit<FaultEntry, 'name'>>>

/** As the plant file calls them. */
const KIND_TITLES: Readonly<Record<KindId, Title>> = {
  FU: { zh: '中频炉', en: 'furnace' },
  SB: { zh: '抛丸机', en: 'shot blast' },
  HT: { zh: '热处理炉', en: 'oven' },
  LA: { zh: '数控车床', en: 'lathe' },
  MC: { zh: '加工中心', en: 'machining centre' },
  GR: { zh: '球面磨床', en: 'grinder' },
  LP: { zh: '研磨机', en: 'lapping machine' },
  AS: { zh: '装配台', en: 'assembly bench' },
  TE: { zh: '试压台', en: 'test bench' },
  PA: { zh: '涂装线', en: 'paint line' },
  CP: { zh: '空压机', en: 'compressor' },
}

const processEntry = ({ zh, en, kinds, size: fallback, unit, range }: ProcessFaultKind) =>
  ({
    kind: 'process',
    scope: 'machine',
    title: { zh, en },
    does: {
      zh: `工艺真实改变，仅限：${kinds.map((kind) => KIND_TITLES[kind].zh).join('、')}`,
      en: `what happens changes; only on: ${kinds.map((kind) => KIND_TITLES[kind].en).join(', ')}`,
    },
    chance: TIMES,
    params: { size: size('大小', 'size', unit, fallback, range[0], range[1]) },
    counters: [],
  }) as const satisfies Omit<FaultEntry, 'name'>

export type FaultName = keyof typeof FAULTS | ProcessFaultName

/** Every fault, those of the process last. */
export const CATALOGUE = {
  ...FAULTS,
  ...Object.fromEntries(Object.entries(PROCESS_FAULTS).map(([name, kind]) => [name, processEntry(kind)])),
} as unknown as Readonly<Record<FaultName, Omit<FaultEntry, 'name'>>>
export const FAULT_NAMES = Object.keys(CATALOGUE) as readonly FaultName[]

/** Machines of the works on which a process fault happens; null: the fault is of no process, and strikes any. */
function machinesOf(name: FaultName): string[] | null {
  if (!Object.hasOwn(PROCESS_FAULTS, name)) return null
  const kinds: readonly KindId[] = PROCESS_FAULTS[name as ProcessFaultName].kinds
  return MACHINES.filter(({ kind }) => kinds.includes(kind)).map((machine) => machine.name)
}

/** The list as it is shown. */
export const faultList = (): (FaultEntry & { readonly machines: readonly string[] | null })[] =>
  FAULT_NAMES.map((name) => ({ name, ...CATALOGUE[name], machines: machinesOf(name) }))

/** A fault in force: when, where, how often, how large. */
export type Fault = {
  readonly id: string
  readonly name: FaultName
  /** `firm/site/area/line/machine`, a part of it from the left, or `*`. */
  readonly machines: readonly string[]
  /** [from, to); null: without end. */
  readonly from: number | null
  readonly to: number | null
  readonly probability: number
  readonly params: Readonly<Record<string, number | string | boolean>>
  readonly seed: number
}

/** Does the fault's schedule hold at an instant? */
export const inForce = ({ from, to }: Fault, at: number): boolean =>
  (from === null || at >= from) && (to === null || at < to)

/** Does it strike a machine (`firm/path`)? */
export const strikes = ({ machines }: Fault, machine: string): boolean =>
  machines.some((name) => name === '*' || name === machine || machine.startsWith(`${name}/`))

/** What is wrong with a parameter's value, or null. */
export function parameterProblem(
  name: string,
  { fallback, range, choices }: Parameter,
  value: unknown,
): string | null {
  if (typeof value !== typeof fallback) return `${name} is no ${typeof fallback}`
  if (range && !((value as number) >= range[0] && (value as number) <= range[1]))
    return `${name} ${String(value)} is outside ${range[0]} to ${range[1]}`
  if (choices && !choices.includes(value as string)) return `${name} is none of ${choices.join(', ')}`
  return null
}
