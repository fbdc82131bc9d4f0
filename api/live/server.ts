/** The live socket: Socket.IO on the api's HTTP server. Rooms are joined by the server alone, after the firm scope was checked. */
import type { Server as HttpServer } from 'node:http'
import { Server } from 'socket.io'
import { Join } from '#contract/asyncapi.ts'
import type { PageToServer, ServerToPage } from '#contract/live.ts'
import { guarded } from '#runtime/lifecycle.ts'
import { identifyAgain } from '../auth/identity.ts'
import { may } from '../auth/may.ts'
import { inScope } from '../auth/scope.ts'
import type { Ports } from '../ports.ts'
import { DAY_EVERY, DayFeed } from './dayFeed.ts'
import { Feed } from './feed.ts'
import { floodGuard, type FloodReason, type Packet } from './flood.ts'
import { mayConnect, principalOf } from './handshake.ts'
import type { PageSocket, Viewer } from './viewer.ts'

const PATH = '/socket.io'
const FLUSH_MS = 200
const BEAT_MS = 1000
/** Rights are looked at again this often, besides at every change made here. */
const RIGHTS_MS = 5000
const MAX_PER_PRINCIPAL = 30

export type Live = {
  /** Rights may have changed: look at every open connection now. */
  readonly checkRights: () => void
  /** Connections closed for what they sent, by reason. */
  readonly closed: Readonly<Record<FloodReason | 'unknown-event', number>>
  readonly feed: Feed
  /** Serves the pages of one more server, which its owner closes. */
  readonly attach: (server: HttpServer) => void
  readonly close: () => Promise<void>
}

export function serveLive(http: HttpServer, ports: Ports): Live {
  // engine.io answers a refused upgrade with 400 whatever the reason; this says the truth before it does.
  const refuse = (server: HttpServer) =>
    server.on('upgrade', (request, socket) => {
      if (request.url?.startsWith(PATH) && !mayConnect(ports, request))
        socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    })
  refuse(http)
  const io = new Server<PageToServer, ServerToPage>(http, {
    path: PATH,
    serveClient: false,
    allowRequest: (request, answer) => answer(null, mayConnect(ports, request)),
    // A page that answers no ping for 5.5 s has gone; one that never says who it is, after 5 s.
    pingInterval: 1500,
    pingTimeout: 4000,
    connectTimeout: 5000,
    upgradeTimeout: 5000,
    maxHttpBufferSize: 16 * 1024,
    perMessageDeflate: false,
    httpCompression: false,
    allowEIO3: false,
  })
  const feed = new Feed(ports)
  const days = new DayFeed(ports, feed.viewers)
  const closed = { flood: 0, binary: 0, unasked: 0, 'unknown-event': 0 }
  const wall = <A extends unknown[]>(name: string, run: (...args: A) => unknown) =>
    guarded(ports.log, name, run)

  io.engine.on('headers', (headers: Record<string, string>) => {
    headers['X-Content-Type-Options'] = 'nosniff'
    headers['Cache-Control'] = 'no-store'
  })
  io.engine.on('connection', (conn: EngineSocket) => {
    const judge = floodGuard(performance.now())
    conn.on('packet', (packet: Packet) => {
      const reason = judge(packet, performance.now())
      if (!reason) return
      closed[reason]++
      conn.close(true)
    })
  })
  io.use((socket, next) => {
    const who = principalOf(ports, socket.handshake)
    const open = who ? [...feed.viewers].filter((viewer) => viewer.who.proof === who.proof).length : 0
    if (!who || !may(who, 'read.states')) return next(new Error('unauthorized'))
    if (open >= MAX_PER_PRINCIPAL) return next(new Error('too many connections'))
    socket.data = who
    next()
  })
  io.on('connection', (socket: PageSocket) => {
    const viewer: Viewer = {
      socket,
      who: socket.data as Viewer['who'],
      firm: null,
      cursor: 0,
      slowSince: null,
    }
    feed.add(viewer)
    socket.on('disconnect', () => feed.remove(viewer))
    socket.use(([event], next) => {
      if (event === 'join') return next()
      closed['unknown-event']++
      socket.disconnect(true)
    })
    socket.on(
      'join',
      wall('join', async (request: unknown, answer: unknown) => {
        const asked = Join.safeParse(request)
        if (!asked.success) return void socket.disconnect(true)
        const reply =
          typeof answer === 'function' ? (answer as Parameters<PageToServer['join']>[1]) : () => undefined
        const { firm, cursor } = asked.data
        if (!inScope(viewer.who, firm) || !ports.ledgers.of(firm)) return reply({ ok: false, status: 404 })
        reply({ ok: true })
        await feed.join(viewer, firm, cursor)
        days.joined(viewer)
      }),
    )
  })

  const checkRights = wall('rights', () => {
    for (const viewer of feed.viewers) {
      const still = identifyAgain(ports.people, viewer.who, ports.now())
      if (still) {
        viewer.who = still
        continue
      }
      const expired = viewer.who.expiresAt !== null && viewer.who.expiresAt <= ports.now()
      viewer.socket.emit('goodbye', expired ? 'expired' : 'revoked')
      viewer.socket.disconnect(true)
    }
  })
  const stopListening = [
    ports.upstream.on({
      snapshot: wall('snapshot', (firm: string) => feed.replace(firm)),
      delta: wall('delta', (firm: string, machines: Parameters<Feed['collect']>[1]) =>
        feed.collect(firm, machines),
      ),
      ledger: wall('wake-up', (firm: string) => ports.ledgers.look(firm)),
    }),
    ports.ledgers.onGrowth(wall('ledger', (firm: string) => feed.pumpFirm(firm))),
  ]
  const timers = [
    setInterval(
      wall('flush', () => feed.flush(performance.now())),
      FLUSH_MS,
    ),
    setInterval(
      wall('beat', () => {
        const beat = { at: ports.now(), ingest: ports.upstream.alive }
        for (const { socket, slowSince } of feed.viewers) if (slowSince === null) socket.emit('beat', beat)
      }),
      BEAT_MS,
    ),
    setInterval(
      wall('day', () => days.turn()),
      DAY_EVERY,
    ),
    setInterval(checkRights, RIGHTS_MS),
  ]
  return {
    checkRights,
    closed,
    feed,
    attach: (server) => {
      refuse(server)
      ;(io.engine as unknown as Engine).attach(server, { path: PATH })
    },
    close: async () => {
      for (const timer of timers) clearInterval(timer)
      for (const stop of stopListening) stop()
      await io.close()
    },
  }
}

/** The part of engine.io's server used here: one engine may stand behind several servers. */
type Engine = { attach(server: HttpServer, options: { readonly path: string }): void }

/** The parts of engine.io's socket used here. */
type EngineSocket = {
  on(event: 'packet', listener: (packet: Packet) => void): void
  close(discard?: boolean): void
}
