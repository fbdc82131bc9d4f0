/**
 * The one live connection of the page: a snapshot, then changes, then a beat each second. Changes are collected and shown
 * at most twice a second, so that 43 machines at 1 Hz do not redraw the page 43 times.
 */
import { io, type Socket } from 'socket.io-client'
import { computed, shallowReactive, shallowRef, triggerRef } from 'vue'
import type { DayFigures } from '#contract/figures.ts'
import type { LedgerEvent, MachineLive, PageToServer, ServerToPage } from '#contract/live.ts'
import type { Instant } from '#domain/time.ts'
import { type Connection, connectionOf, isFrozen, type LinkEvent, linkStep, NO_LINK } from './connection.ts'

const SHOW_EVERY_MS = 500
/** Figures swap at most once a second. */
const DAY_EVERY_MS = 990
const KEPT_EVENTS = 200

const link = shallowRef(NO_LINK)
const mono = shallowRef(performance.now())
/** Newest state of every machine of the joined firm, by path. */
const machines = shallowReactive(new Map<string, MachineLive>())
const waiting = new Map<string, MachineLive>()
const events = shallowRef<readonly LedgerEvent[]>([])
/** Figures of the day that runs, of the joined firm; null: none were told, or the role may not read them. */
const day = shallowRef<DayFigures | null>(null)
let newestDay: DayFigures | null = null
let dayShown = Number.NEGATIVE_INFINITY
const joined = shallowRef<'waiting' | 'joined' | 'unknown'>('waiting')
let socket: Socket<ServerToPage, PageToServer> | null = null
let cursor = 0
let firm = ''

const connection = computed<Connection>(() => connectionOf(link.value, mono.value))
const frozen = computed(() => isFrozen(connection.value))
const offline = computed(() => connection.value.kind === 'offline')
/** Server time now; stands still while values are frozen, because nothing may be claimed about a later time. */
const asOf = computed<Instant>(() => {
  const { frameAt, frameMono } = link.value
  if (frameAt === null || frameMono === null) return Date.now()
  return frozen.value ? frameAt : Math.round(frameAt + Math.max(0, mono.value - frameMono))
})
/** Wall clock for the header: keeps going, also without a server. */
const clock = computed<Instant>(() => {
  const { frameAt, frameMono } = link.value
  const since = mono.value - (frameMono ?? mono.value)
  return (frameAt ?? Date.now()) + since
})

/** A frame came: server time is known, and questions about "the last hour" can be asked in it. */
const timed = computed(() => link.value.frameAt !== null)

export const feed = {
  machines,
  events,
  day,
  connection,
  frozen,
  offline,
  asOf,
  clock,
  joined,
  timed,
} as const

type Listeners = { readonly goodbye: (reason: 'expired' | 'revoked') => void; readonly refused: () => void }

const step = (event: LinkEvent): void => {
  link.value = linkStep(link.value, event)
}

function keep(machine: MachineLive): void {
  const before = waiting.get(machine.machine) ?? machines.get(machine.machine)
  // A change carries only the values that changed, the rest of the machine whole.
  waiting.set(
    machine.machine,
    before ? { ...machine, values: { ...before.values, ...machine.values } } : machine,
  )
}

function show(): void {
  mono.value = performance.now()
  for (const [path, machine] of waiting) machines.set(path, machine)
  waiting.clear()
  if (newestDay !== day.value && mono.value - dayShown >= DAY_EVERY_MS) {
    day.value = newestDay
    dayShown = mono.value
  }
}
let timer: ReturnType<typeof setInterval> | null = null

/** Looks at a firm from now on. The socket is kept over a change of firm: the server leaves the old one. */
export function watchFirm(next: string, listeners: Listeners): void {
  if (firm !== next) forget()
  firm = next
  timer ??= setInterval(show, SHOW_EVERY_MS)
  if (socket) {
    if (socket.connected) join(listeners)
    return
  }
  step({ kind: 'start', mono: performance.now() })
  socket = io({ path: '/socket.io', transports: ['websocket', 'polling'], reconnectionDelayMax: 5000 })
  socket.on('connect', () => {
    step({ kind: 'opened', mono: performance.now() })
    join(listeners)
  })
  socket.on('disconnect', (reason) => {
    step({ kind: 'closed', mono: performance.now() })
    // The server closed it: the client does not come back by itself, so the session is asked first.
    if (reason === 'io server disconnect') listeners.refused()
  })
  socket.on('connect_error', () => {
    step({ kind: 'closed', mono: performance.now() })
    if (!socket?.active) listeners.refused()
  })
  socket.on('snapshot', (frame) => {
    if (frame.firm !== firm) return
    waiting.clear()
    machines.clear()
    for (const machine of frame.machines) machines.set(machine.machine, machine)
    cursor = Math.max(cursor, frame.cursor)
    step({ kind: 'frame', mono: performance.now(), at: frame.at })
  })
  socket.on('delta', (frame) => {
    if (frame.firm !== firm) return
    for (const machine of frame.machines) keep(machine)
    step({ kind: 'frame', mono: performance.now(), at: frame.at })
  })
  socket.on('beat', (frame) =>
    step({ kind: 'beat', mono: performance.now(), at: frame.at, pipeline: frame.ingest }),
  )
  socket.on('ledger', (event) => {
    if (event.cursor <= cursor && events.value.some((known) => known.cursor === event.cursor)) return
    cursor = Math.max(cursor, event.cursor)
    events.value = [...events.value.slice(1 - KEPT_EVENTS), event]
    triggerRef(events)
  })
  socket.on('day', (frame) => {
    if (frame.firm === firm) newestDay = frame
  })
  socket.on('resync', () => waiting.clear())
  socket.on('goodbye', listeners.goodbye)
}

function join(listeners: Listeners): void {
  socket?.emit('join', { firm, cursor }, (result) => {
    joined.value = result.ok ? 'joined' : 'unknown'
    if (!result.ok) listeners.refused()
  })
}

/** Tries again after the server had closed the socket and the session still stands. */
export function reconnect(): void {
  if (socket && !socket.connected) socket.connect()
}

function forget(): void {
  machines.clear()
  waiting.clear()
  events.value = []
  day.value = newestDay = null
  cursor = 0
  joined.value = 'waiting'
}

/** Ends the connection, at sign-out. */
export function leave(): void {
  socket?.disconnect()
  socket = null
  firm = ''
  forget()
  if (timer) clearInterval(timer)
  timer = null
}
