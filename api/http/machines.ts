/** Machines: now, their history, their states, their messages. */
import { machinePath } from '#contract/topics.ts'
import type { MachineLive } from '#contract/live.ts'
import type { Machine } from '#domain/plant/plant.ts'
import type { Ports } from '../ports.ts'
import { machineView } from './firms.ts'
import { refuse } from './problem.ts'
import { serve } from './serve.ts'
import { stepOf, windowFault, HISTORY_DAYS, STATES_DAYS } from './window.ts'

const ID = /^[a-z0-9_-]{1,64}(?:\.[a-z0-9_-]{1,64}){3}$/

/** Nothing was heard of it yet. */
const unheard = (machine: string): MachineLive => ({
  machine,
  state: 'UNKNOWN',
  since: null,
  reason: null,
  order: null,
  product: null,
  operation: null,
  receivedAt: null,
  values: {},
})

/** Every machine of the plant file as it is now, in its order; those never heard of too. */
export function liveMachines(ports: Ports, firm: string): MachineLive[] {
  const paths =
    ports.ledgers
      .of(firm)
      ?.plant()
      ?.plant.machines.map(({ path }) => path) ?? []
  const known = new Set(paths)
  const others = ports.upstream.machines(firm).filter(({ machine }) => !known.has(machine))
  return [...paths.map((path) => ports.upstream.machine(firm, path) ?? unheard(path)), ...others]
}

/** The machine of a URL, or null when the firm's plant has none of that id. */
export function machineOf(ports: Ports, firm: string, id: string): Machine | null {
  if (!ID.test(id)) return null
  const path = machinePath(id)
  return (
    ports.ledgers
      .of(firm)
      ?.plant()
      ?.plant.machines.find((machine) => machine.path === path) ?? null
  )
}

export const machines = (ports: Ports) =>
  serve<'machines' | 'machine' | 'history' | 'states' | 'messages'>(ports, {
    machines: ({ at }) => ({ body: liveMachines(ports, at['firm']!).map(copy) }),

    machine: ({ at }) => {
      const machine = machineOf(ports, at['firm']!, at['machine']!)
      if (!machine) return refuse(404)
      const live = ports.upstream.machine(at['firm']!, machine.path) ?? unheard(machine.path)
      return { body: { machine: machineView(machine), live: copy(live) } }
    },

    history: async ({ at, query }) => {
      const machine = machineOf(ports, at['firm']!, at['machine']!)
      const measure = machine?.measures.find(({ name }) => name === at['measure'])
      if (!machine || !measure) return refuse(404)
      const fault = windowFault(query, HISTORY_DAYS)
      const stepMs = fault ? null : stepOf(query)
      if (fault || stepMs === null)
        return refuse(400, 'bad-window', fault ?? 'more than 5,000 buckets: use a longer step')
      const series = { firm: at['firm']!, machine: machine.path, measure: measure.name }
      const buckets = await ports.historian.buckets(series, query.from, query.to, stepMs)
      return { body: { measure: measure.name, unit: measure.unit, stepMs, buckets } }
    },

    states: ({ at, query }) => {
      const machine = machineOf(ports, at['firm']!, at['machine']!)
      if (!machine) return refuse(404)
      const fault = windowFault(query, STATES_DAYS)
      if (fault) return refuse(400, 'bad-window', fault)
      const segments = ports.ledgers.of(at['firm']!)!.states(machine.path, query.from, query.to)
      return { body: { segments } }
    },

    messages: async ({ at, query }) => {
      const machine = machineOf(ports, at['firm']!, at['machine']!)
      if (!machine) return refuse(404)
      const rows = await ports.ingest
        .messages(at['firm']!, machine.path, query.before ?? null, query.limit)
        .catch((error: unknown) => {
          ports.log.warn({ err: error }, 'messages could not be read')
          return null
        })
      if (!rows) return refuse(503, 'ingest-down', 'the pipeline does not answer: try again')
      return {
        body: {
          topic: `v1/${at['firm']}/${machine.path}/+`,
          messages: rows.map((row) => ({ ...row, flags: [...row.flags] })),
        },
      }
    },
  })

const copy = (live: MachineLive) => ({ ...live, values: { ...live.values } })
