/**
 * What flows to the open pages of each firm: a snapshot on join, deltas at most 5 a second, ledger events from each page's cursor on
 * without a hole. A page that is too slow leaves the flow, and comes back by "resync" and a new snapshot.
 */
import type { LedgerEvent, MachineDelta } from '#contract/live.ts'
import { visible } from '../auth/fields.ts'
import { asEvent } from '../ledgers.ts'
import { liveMachines } from '../http/machines.ts'
import type { Ports } from '../ports.ts'
import { merge } from '../upstream.ts'
import { BYTE_CAP, roomOf, SLOW_LIMIT_MS, waitingBytes, type Viewer } from './viewer.ts'

const BATCH = 200

export class Feed {
  readonly #ports: Ports
  readonly #viewers = new Set<Viewer>()
  readonly #pending = new Map<string, Map<string, MachineDelta>>()
  dropped = 0

  constructor(ports: Ports) {
    this.#ports = ports
  }

  get viewers(): ReadonlySet<Viewer> {
    return this.#viewers
  }

  add(viewer: Viewer): void {
    this.#viewers.add(viewer)
  }

  remove(viewer: Viewer): void {
    this.#viewers.delete(viewer)
  }

  /** The firm is known and in scope. Cursor 0, or one from the future of this ledger: no history. */
  async join(viewer: Viewer, firm: string, cursor: number): Promise<void> {
    if (viewer.firm) await viewer.socket.leave(roomOf(viewer.firm, viewer.who))
    const head = this.#ports.ledgers.of(firm)?.head().cursor ?? 0
    viewer.firm = firm
    viewer.cursor = cursor === 0 || cursor > head ? head : cursor
    viewer.slowSince = null
    await this.#enter(viewer, firm)
  }

  async #enter(viewer: Viewer, firm: string): Promise<void> {
    viewer.socket.emit('snapshot', this.#snapshot(viewer, firm))
    await viewer.socket.join(roomOf(firm, viewer.who))
    this.pump(viewer)
  }

  /** Everything that changed since the last flush, by machine. */
  collect(firm: string, machines: readonly MachineDelta[]): void {
    const pending = this.#pending.get(firm) ?? new Map<string, MachineDelta>()
    this.#pending.set(firm, pending)
    for (const delta of machines) pending.set(delta.machine, merge(pending.get(delta.machine), delta))
  }

  /** A new snapshot of ingest replaces what pages have. */
  replace(firm: string): void {
    this.#pending.delete(firm)
    for (const viewer of this.#viewers)
      if (viewer.firm === firm && viewer.slowSince === null)
        viewer.socket.emit('snapshot', this.#snapshot(viewer, firm))
  }

  /** Called every 200 ms. `now` is monotonic. */
  flush(now: number): void {
    for (const viewer of this.#viewers) this.#judge(viewer, now)
    const at = this.#ports.now()
    for (const [firm, pending] of this.#pending) {
      const machines = [...pending.values()]
      for (const [room, viewer] of this.#rooms(firm)) {
        const seen = visible(viewer.who.role, 'live.machine', machines)
        viewer.socket.nsp.to(room).emit('delta', { firm, at, machines: seen })
      }
    }
    this.#pending.clear()
  }

  /** Sends the ledger events that a page has not had. */
  pump(viewer: Viewer): void {
    const ledger = viewer.firm === null ? null : this.#ports.ledgers.of(viewer.firm)
    if (!ledger) return
    while (viewer.slowSince === null) {
      const rows = ledger.events(viewer.cursor, BATCH)
      for (const row of rows)
        viewer.socket.emit(
          'ledger',
          visible(viewer.who.role, 'live.event', asEvent(row) satisfies LedgerEvent),
        )
      viewer.cursor = rows.at(-1)?.cursor ?? viewer.cursor
      if (rows.length < BATCH || waitingBytes(viewer.socket) > BYTE_CAP) return
    }
  }

  pumpFirm(firm: string): void {
    for (const viewer of this.#viewers) if (viewer.firm === firm) this.pump(viewer)
  }

  #judge(viewer: Viewer, now: number): void {
    const { socket, firm } = viewer
    if (!firm) return
    const waiting = waitingBytes(socket)
    if (viewer.slowSince === null) {
      if (waiting <= BYTE_CAP) return this.pump(viewer)
      viewer.slowSince = now
      this.dropped++
      void socket.leave(roomOf(firm, viewer.who))
    } else if (waiting < BYTE_CAP / 8) {
      viewer.slowSince = null
      socket.emit('resync')
      void this.#enter(viewer, firm)
    } else if (now - viewer.slowSince > SLOW_LIMIT_MS) socket.conn.close(true)
  }

  /** One viewer per room: its socket sends to the room, its role says what the room may see. */
  #rooms(firm: string): Map<string, Viewer> {
    const rooms = new Map<string, Viewer>()
    for (const viewer of this.#viewers) if (viewer.firm === firm) rooms.set(roomOf(firm, viewer.who), viewer)
    return rooms
  }

  #snapshot(viewer: Viewer, firm: string) {
    const machines = visible(viewer.who.role, 'live.machine', liveMachines(this.#ports, firm))
    const cursor = this.#ports.ledgers.of(firm)?.head().cursor ?? 0
    return { firm, at: this.#ports.now(), cursor, machines }
  }
}
