/**
 * Reads plants/<firm>/plant.yaml: text to Plant, or every fault with its path and line. Reads no disk.
 * Valid:   `firm: demo-a` … (plants/demo-a/plant.yaml)
 * Invalid: an unknown key, a key twice, a machine of a kind that is not there, `range: [10, 0]`
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
} from 'yaml'
import type { Credential, Machine, Measure, Plant } from '#domain/plant/plant.ts'
import { scaleOf, toSteps } from '#domain/units.ts'
import { checkPlant, faultsOf, showPath, type PlantFault, type PlantPath } from './plant.ts'
import { FileMeasure, PlantFile, type FileMachine } from './plantFileShape.ts'

export type FileFault = { readonly path: string; readonly line: number; readonly message: string }
export type PlantReading = { readonly plant: Plant } | { readonly faults: readonly FileFault[] }

const MAX_TEXT = 1024 * 1024
const MAX_DEPTH = 16
/** An alias may stand for its anchor this often in all: enough to share a template, too few for a bomb. */
const MAX_ALIASES = 100

/** The plant that a file describes, or what is wrong with it, in the order of its lines. Never throws. */
export function readPlantFile(text: string, firm: string): PlantReading {
  if (text.length > MAX_TEXT) return fault('is larger than 1 MB')
  const opened = open(text)
  if ('faults' in opened) return opened
  const { doc, value, lines } = opened
  const faults = (list: readonly PlantFault[]): PlantReading => ({ faults: located(list, doc, lines) })

  const parsed = PlantFile.safeParse(value)
  if (!parsed.success) return faults(parsed.error.issues.flatMap(faultsOf))
  if (parsed.data.firm !== firm)
    return faults([{ path: ['firm'], message: `must be ${firm}, the name of its folder` }])
  const built = build(parsed.data)
  if ('faults' in built) return faults(built.faults)
  const checked = checkPlant(built.plant)
  if ('plant' in checked) return checked
  return faults(checked.faults.map((found) => inFile(found, built.places, doc)))
}

const fault = (message: string, line = 1): PlantReading => ({ faults: [{ path: '', line, message }] })

/** Where the parser's own words speak to programmers. */
const WORDS: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'the key stands here a second time',
  MULTIPLE_DOCS: 'a second plant begins here: one file holds one',
}

type Opened = { readonly doc: Document; readonly value: unknown; readonly lines: LineCounter }

function open(text: string): Opened | { readonly faults: readonly FileFault[] } {
  const lines = new LineCounter()
  try {
    const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
    const wrong = [...doc.errors, ...doc.warnings]
    if (wrong.length > 0)
      return {
        faults: wrong.map((error) => ({
          path: '',
          line: lines.linePos(error.pos[0]).line,
          message: WORDS[error.code] ?? error.message,
        })),
      }
    if (!isMap(doc.contents)) return { faults: [{ path: '', line: 1, message: 'must hold keys and values' }] }
    const bad = deceptive(doc, lines)
    if (bad.length > 0) return { faults: bad }
    return { doc, value: doc.toJS({ maxAliasCount: MAX_ALIASES }), lines }
  } catch (error) {
    // the yaml package throws for an alias bomb and, by the stack, for absurd nesting
    return { faults: [{ path: '', line: 1, message: `cannot be read: ${(error as Error).message}` }] }
  }
}

/** What the shape cannot see any more once keys have become properties. */
function deceptive(doc: Document, lines: LineCounter): FileFault[] {
  const faults: FileFault[] = []
  const at = (node: unknown) => lines.linePos((node as Node | null)?.range?.[0] ?? 0).line
  visit(doc, {
    Node: (_, node, path) => {
      if (path.length <= 2 * MAX_DEPTH) return undefined
      faults.push({ path: '', line: at(node), message: 'is nested too deeply' })
      return visit.BREAK
    },
    Pair: (_, pair) => {
      if (isScalar(pair.key) && typeof pair.key.value !== 'string')
        faults.push({
          path: '',
          line: at(pair.key),
          message: `the key ${String(pair.key.value)} must be in quotes`,
        })
      else if (!isScalar(pair.key))
        faults.push({ path: '', line: at(pair.key), message: 'a key must be a plain name' })
      else if (pair.key.value === '__proto__')
        faults.push({ path: '', line: at(pair.key), message: 'the key __proto__ is a reserved word' })
    },
  })
  return faults
}

/** Where a part of the built plant was written; more than one place when a machine changes what its kind says. */
type Places = ReadonlyMap<string, readonly PlantPath[]>

function build(
  file: PlantFile,
): { readonly plant: Plant; readonly places: Places } | { readonly faults: PlantFault[] } {
  const faults: PlantFault[] = []
  const places = new Map<string, readonly PlantPath[]>()
  const machines: Machine[] = []
  for (const [site, areas] of Object.entries(file.sites))
    for (const [area, lines] of Object.entries(areas))
      for (const [line, entries] of Object.entries(lines))
        for (const [name, entry] of Object.entries(entries)) {
          const at = ['sites', site, area, line, name]
          places.set(`machines.${machines.length}`, [at, ['kinds', entry.kind]])
          const machine = machineOf(file, entry, at, `${site}/${area}/${line}/${name}`, faults)
          if (!machine) continue
          machine.measures.forEach((measure, k) =>
            places.set(`machines.${machines.length}.measures.${k}`, [
              [...at, 'measures', measure.name],
              ['kinds', entry.kind, 'measures', measure.name],
            ]),
          )
          machines.push(machine)
        }
  Object.keys(file.stop_reasons ?? {}).forEach((code, i) =>
    places.set(`stopReasons.${i}`, [['stop_reasons', code]]),
  )
  places.set('closeMonthDay', [['close_month_day']])
  Object.keys(file.groups).forEach((id, i) => places.set(`groups.${i}`, [['groups', id]]))
  const credentials = credentialsOf(file, machines, places, faults)
  if (faults.length > 0) return { faults }
  const shifts = file.shifts.map(({ name, from, to, breaks }) => {
    // 17:00 to 01:00 ends on the next day, and so does a break at 00:30
    const end = to <= from ? to + 1440 : to
    const after = (minute: number) => (minute < from ? minute + 1440 : minute)
    const pauses = breaks?.map((pause) => ({ start: after(pause.start), end: after(pause.end) }))
    return { name, start: from, end, ...(pauses && { breaks: pauses }) }
  })
  const groups = Object.entries(file.groups).map(([id, title]) => ({ id, title }))
  const { firm, title, simulated, simulation } = file
  const head = { firm, title, simulated, ...(simulation && { simulation }) }
  const closing = file.close_month_day
  const reasons = file.stop_reasons
  const stopReasons = reasons && Object.entries(reasons).map(([code, reason]) => ({ code, ...reason }))
  return {
    plant: {
      ...head,
      shifts,
      ...(stopReasons && { stopReasons }),
      ...(closing !== undefined && { closeMonthDay: closing }),
      groups,
      machines,
      credentials,
    },
    places,
  }
}

function machineOf(
  file: PlantFile,
  entry: FileMachine,
  at: PlantPath,
  path: string,
  faults: PlantFault[],
): Machine | null {
  const kind = Object.hasOwn(file.kinds, entry.kind) ? file.kinds[entry.kind]! : null
  if (!kind) {
    faults.push({ path: [...at, 'kind'], message: `there is no kind ${entry.kind}` })
    return null
  }
  const statePeriodMs = toMs(entry.state_period_s ?? kind.state_period_s ?? 60)
  const stale = entry.state_stale_s ?? kind.state_stale_s
  const own = entry.measures ?? {}
  const names = [...new Set([...Object.keys(kind.measures), ...Object.keys(own)])]
  return {
    path,
    kind: entry.kind,
    title: entry.title ?? {
      zh: `${kind.title.zh} ${entry.label.zh}`,
      en: `${kind.title.en} ${entry.label.en}`,
    },
    label: entry.label,
    ...(kind.meter && { meter: true }),
    group: entry.group ?? kind.group,
    ratedKw: entry.rated_kw ?? kind.rated_kw ?? null,
    statePeriodMs,
    stateStaleMs: stale === undefined ? Math.max(3 * statePeriodMs, 120_000) : toMs(stale),
    measures: names.flatMap((name) => {
      const from = own[name] ? [...at, 'measures', name] : ['kinds', entry.kind, 'measures', name]
      const whole = FileMeasure.safeParse({ ...kind.measures[name], ...own[name] })
      if (whole.success) return measureOf(name, whole.data, from, faults)
      faults.push(...whole.error.issues.flatMap(faultsOf).map((f) => ({ ...f, path: [...from, ...f.path] })))
      return []
    }),
  }
}

function measureOf(name: string, file: FileMeasure, at: PlantPath, faults: PlantFault[]): Measure[] {
  const scale = scaleOf(file.resolution)!
  const periodMs = toMs(file.period_s)
  const rollover = file.rollover === undefined ? null : toSteps(file.rollover, scale)
  if (file.rollover !== undefined && rollover === null)
    faults.push({ path: [...at, 'rollover'], message: 'is finer than the resolution' })
  const { class: cls, title, unit } = file
  return [
    {
      name,
      class: cls,
      title,
      unit,
      scale,
      min: file.range?.[0] ?? null,
      max: file.range?.[1] ?? null,
      periodMs,
      staleMs: file.stale_s === undefined ? Math.max(3 * periodMs, 60_000) : toMs(file.stale_s),
      rollover,
      limit: file.limit ?? null,
      ...(file.stuck_after !== undefined && { stuckAfter: file.stuck_after }),
      ...(file.stuck_within !== undefined && { stuckWithin: file.stuck_within }),
      ...(file.max_step !== undefined && { maxStep: file.max_step }),
      ...(file.max_per_hour !== undefined && { maxPerHour: file.max_per_hour }),
    },
  ]
}

const toMs = (value: number): number => Math.round(value * 1000)

/** Gateways as written; every machine that none of them lists speaks for itself under its own path. */
function credentialsOf(
  file: PlantFile,
  machines: readonly Machine[],
  places: Map<string, readonly PlantPath[]>,
  faults: PlantFault[],
): Credential[] {
  const speaker = new Map<string, string>()
  const gateways = Object.entries(file.gateways).map(([name, listed], i) => {
    places.set(`credentials.${i}`, [['gateways', name]])
    listed.forEach((machine, k) => {
      const other = speaker.get(machine)
      places.set(`credentials.${i}.machines.${k}`, [['gateways', name, k]])
      if (other !== undefined && other !== name)
        faults.push({ path: ['gateways', name, k], message: `${machine} already speaks through ${other}` })
      speaker.set(machine, name)
    })
    return { name, machines: listed }
  })
  const own = machines.filter((machine) => !speaker.has(machine.path))
  return [...gateways, ...own.map(({ path }) => ({ name: path, machines: [path] }))]
}

/** Names of the plant's fields as the file writes them. */
const IN_FILE: Readonly<Record<string, string>> = {
  scale: 'resolution',
  min: 'range',
  max: 'range',
  periodMs: 'period_s',
  staleMs: 'stale_s',
  statePeriodMs: 'state_period_s',
  stateStaleMs: 'state_stale_s',
  ratedKw: 'rated_kw',
  stuckAfter: 'stuck_after',
  stuckWithin: 'stuck_within',
  maxStep: 'max_step',
  maxPerHour: 'max_per_hour',
  start: 'from',
  end: 'to',
}

/** A fault of the built plant, told where it was written. */
function inFile(found: PlantFault, places: Places, doc: Document): PlantFault {
  for (let length = found.path.length; length > 0; length--) {
    const candidates = places.get(found.path.slice(0, length).join('.'))
    if (!candidates) continue
    const rest = found.path.slice(length).map((part) => IN_FILE[part] ?? part)
    const paths = candidates.map((base) => [...base, ...rest])
    const path = paths.find((candidate) => find(doc, candidate).exact) ?? candidates[0]!
    return { path, message: found.message }
  }
  return { path: found.path.map((part) => IN_FILE[part] ?? part), message: found.message }
}

/** The node nearest to a path, with its key as its place. */
function find(doc: Document, path: PlantPath): { readonly offset: number; readonly exact: boolean } {
  let node: unknown = doc.contents
  let offset = 0
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(doc)
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === part)
      if (!pair) return { offset, exact: false }
      offset = (pair.key as Node).range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(node) && typeof part === 'number' && node.items[part]) {
      node = node.items[part]
      offset = (node as Node).range?.[0] ?? offset
    } else return { offset, exact: false }
  }
  return { offset, exact: true }
}

/** With lines, in their order; a fault of a kind is told once, not for each of its machines. */
function located(faults: readonly PlantFault[], doc: Document, lines: LineCounter): FileFault[] {
  const told = new Map<string, FileFault>()
  for (const { path, message } of faults) {
    const line = lines.linePos(find(doc, path).offset).line
    const shown = { path: showPath(path), line, message }
    told.set(JSON.stringify(shown), shown)
  }
  return [...told.values()].toSorted((a, b) => a.line - b.line)
}
