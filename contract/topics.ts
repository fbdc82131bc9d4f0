/**
 * Topics. Valid: `v1/demo-a/main/machining/l1/lathe-07/count`. Invalid: `v1/Demo/…` (upper case), `v1/a/b/c/d/e/f/count` (a level
 * too many), `v1/demo-a/main//l1/lathe-07/count` (an empty level).
 */
export const DEVICE_CLASSES = ['telemetry', 'count', 'state', 'event'] as const
export type DeviceClass = (typeof DEVICE_CLASSES)[number]
/** Classes that carry figures: hash-chained and kept for ever. Telemetry is a signal and ages out. */
export const EVIDENCE_CLASSES = ['count', 'state', 'event', 'control', 'tick'] as const
export type EntryClass = DeviceClass | 'control' | 'tick'

const LEVEL = /^[a-z0-9_-]{1,64}$/
/** One topic level, and so the id of a firm, site, area, line, machine, measure or credential. */
export const isLevel = (text: string): boolean => LEVEL.test(text)

export type DeviceTopic = {
  readonly firm: string
  /** `site/area/line/machine` */
  readonly machine: string
  readonly class: DeviceClass
}

/** The parts of a device topic, or null when it is none. */
export function parseDeviceTopic(topic: string): DeviceTopic | null {
  if (topic.length > 7 * 65) return null
  const parts = topic.split('/')
  if (parts.length !== 7 || parts[0] !== 'v1') return null
  for (let i = 1; i < 6; i++) if (!LEVEL.test(parts[i]!)) return null
  const last = parts[6]!
  if (last !== 'telemetry' && last !== 'count' && last !== 'state' && last !== 'event') return null
  return { firm: parts[1]!, machine: `${parts[2]}/${parts[3]}/${parts[4]}/${parts[5]}`, class: last }
}

export const deviceTopic = (firm: string, machine: string, cls: DeviceClass): string =>
  `v1/${firm}/${machine}/${cls}`
/** Journal topic of what a person did. */
export const controlTopic = (firm: string, kind: string): string => `control/${firm}/${kind}`
/** Journal topic of the clock entry that drives every timer. */
export const tickTopic = (firm: string): string => `tick/${firm}`

/** Class of a journal topic, or null when it is none of ours. */
export function entryClass(topic: string): EntryClass | null {
  if (topic.startsWith('control/')) return 'control'
  if (topic.startsWith('tick/')) return 'tick'
  const last = topic.slice(topic.lastIndexOf('/') + 1)
  return last === 'telemetry' || last === 'count' || last === 'state' || last === 'event' ? last : null
}

/** Firm of a journal topic: always its second level. */
export function firmOf(topic: string): string {
  const from = topic.indexOf('/') + 1
  const to = topic.indexOf('/', from)
  return to < 0 ? topic.slice(from) : topic.slice(from, to)
}

/** A machine path in a URL or a tool's id: levels joined by dots, since no level may hold one. */
export const machineId = (path: string): string => path.replaceAll('/', '.')
export const machinePath = (id: string): string => id.replaceAll('.', '/')
