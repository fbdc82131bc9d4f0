/**
 * The one place that answers "which fields": an allow-list of key paths per role, applied to every answer of REST and to every frame of
 * the socket. What is not listed leaves as null, [] or {}: the shape stays, the value does not. A role that is not listed gets nothing.
 *
 * The bureau reviewer sees that machines exist, work and are measured well; not process values, limits, ratings, orders, products,
 * reasons, or the bodies of events.
 */
import type { Role } from '#contract/control.ts'
import type { RouteName } from '#contract/routes.ts'

/** REST answers by route name, socket frames by what they carry. */
export type View = RouteName | 'live.machine' | 'live.event'

const LIVE = ['machine', 'state', 'since', 'receivedAt'] as const
const MACHINE = ['id', 'path', 'kind', 'title.*', 'label.*', 'meter', 'group', 'stateStaleMs'] as const
const EVENT = ['cursor', 'at', 'kind', 'offset'] as const
const below = (key: string, paths: readonly string[]): string[] => paths.map((path) => `${key}.${path}`)
const ALL = ['*'] as const

const REVIEWER: Partial<Record<View, readonly string[]>> = {
  signIn: ALL,
  session: ALL,
  signOut: ALL,
  setup: ALL,
  lan: ALL,
  firms: ALL,
  plant: ['firm', 'title.*', 'simulated', 'version', 'groups.*', ...below('machines', MACHINE)],
  machines: LIVE,
  machine: [...below('machine', MACHINE), ...below('live', LIVE)],
  states: ['segments.from', 'segments.to', 'segments.state', 'segments.corrected'],
  dataHealth: ALL,
  simulationHistory: ALL,
  events: EVENT,
  'live.machine': LIVE,
  'live.event': EVENT,
}

const FIELDS: Record<Role, Partial<Record<View, readonly string[]>> | typeof ALL> = {
  viewer: ALL,
  operator: ALL,
  manager: ALL,
  engineer: ALL,
  administrator: ALL,
  reviewer: REVIEWER,
}

type Tree = Map<string, Tree>
const trees = new Map<string, Tree>()

/** The part of an answer that a role may see. Lists are looked through: a path names keys only. */
export function visible<T>(role: Role, view: View, value: T): T {
  const fields = FIELDS[role]
  if (fields === ALL) return value
  return keep(
    value,
    treeOf(`${role} ${view}`, (fields as Partial<Record<View, readonly string[]>>)[view] ?? []),
  ) as T
}

/** True when a role sees the whole of a view: then one encoding serves all of them. */
export const seesAll = (role: Role): boolean => FIELDS[role] === ALL

function treeOf(name: string, paths: readonly string[]): Tree {
  const known = trees.get(name)
  if (known) return known
  const root: Tree = new Map()
  for (const path of paths) {
    let at = root
    for (const key of path.split('.')) {
      if (!at.has(key)) at.set(key, new Map())
      at = at.get(key)!
    }
  }
  trees.set(name, root)
  return root
}

function keep(value: unknown, tree: Tree): unknown {
  if (tree.has('*')) return value
  if (Array.isArray(value)) return tree.size === 0 ? [] : value.map((item) => keep(item, tree))
  if (typeof value !== 'object' || value === null) return null
  return Object.fromEntries(
    Object.entries(value).map(([key, held]: [string, unknown]) => {
      const deeper = tree.get(key)
      if (!deeper) return [key, hidden(held)]
      if (deeper.size > 0) return [key, keep(held, deeper)]
      return [key, typeof held === 'object' ? hidden(held) : held] // a path names a value, never a whole object
    }),
  )
}

const hidden = (value: unknown): unknown =>
  Array.isArray(value) ? [] : typeof value === 'object' && value !== null ? {} : null
