/**
 * MQTT sessions and retained messages that survive a kill: the in-memory persistence answers every read, and each change also runs a
 * synchronous SQLite statement. Changes of one turn are one transaction, committed in a microtask: before any acknowledgement that
 * they cause can leave the process. (An asynchronous persistence loses acknowledged messages of a connected session.)
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import MemoryPersistence, { type StoredPacket } from 'aedes-persistence/asyncPersistence.js'

type Id = { readonly id: string; readonly clean?: boolean }
type Sub = { topic: string; qos: number; rh?: number; rap?: number | boolean; nl?: number | boolean }

const TABLES = `
PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS retained (topic TEXT PRIMARY KEY, packet TEXT NOT NULL, payload BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS subscription (
  client TEXT NOT NULL, topic TEXT NOT NULL, sub TEXT NOT NULL, PRIMARY KEY (client, topic)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outgoing (
  id INTEGER PRIMARY KEY, client TEXT NOT NULL, broker TEXT, counter INTEGER, message INTEGER,
  packet TEXT NOT NULL, payload BLOB NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS outgoing_client ON outgoing (client, message);
CREATE INDEX IF NOT EXISTS outgoing_packet ON outgoing (client, broker, counter);
CREATE TABLE IF NOT EXISTS incoming (
  client TEXT NOT NULL, message INTEGER NOT NULL, packet TEXT NOT NULL, payload BLOB NOT NULL,
  PRIMARY KEY (client, message)) STRICT;
CREATE TABLE IF NOT EXISTS will (client TEXT PRIMARY KEY, packet TEXT NOT NULL, payload BLOB NOT NULL) STRICT;`

const SQL = {
  retain: 'INSERT OR REPLACE INTO retained VALUES (?, ?, ?)',
  unretain: 'DELETE FROM retained WHERE topic = ?',
  subscribe: 'INSERT OR REPLACE INTO subscription VALUES (?, ?, ?)',
  unsubscribe: 'DELETE FROM subscription WHERE client = ? AND topic = ?',
  unsubscribeAll: 'DELETE FROM subscription WHERE client = ?',
  enqueue:
    'INSERT INTO outgoing (client, broker, counter, message, packet, payload) VALUES (?, ?, ?, ?, ?, ?)',
  // The same packet as the memory finds first: by its broker's number, or another broker's by its message id.
  findOutgoing: `SELECT id, broker IS ?2 AS same FROM outgoing
    WHERE client = ?1 AND ((broker IS ?2 AND counter IS ?3) OR (broker IS NOT ?2 AND message IS ?4)) ORDER BY id LIMIT 1`,
  number: 'UPDATE outgoing SET message = ? WHERE id = ?',
  replace: 'UPDATE outgoing SET broker = ?, counter = ?, message = ?, packet = ?, payload = ? WHERE id = ?',
  acknowledge: `DELETE FROM outgoing WHERE id =
    (SELECT id FROM outgoing WHERE client = ? AND message IS ? ORDER BY id LIMIT 1)`,
  forgetOutgoing: 'DELETE FROM outgoing WHERE client = ?',
  receive: 'INSERT OR REPLACE INTO incoming VALUES (?, ?, ?, ?)',
  release: 'DELETE FROM incoming WHERE client = ? AND message = ?',
  forgetIncoming: 'DELETE FROM incoming WHERE client = ?',
  putWill: 'INSERT OR REPLACE INTO will VALUES (?, ?, ?)',
  delWill: 'DELETE FROM will WHERE client = ?',
} as const

type PacketRow = { client: string; message?: number | null; packet: string; payload: Uint8Array }

const EMPTY = Buffer.alloc(0)
const headOf = (packet: object): string => JSON.stringify({ ...packet, payload: undefined })
const bytesOf = (payload: Buffer | string | undefined): Buffer =>
  payload === undefined ? EMPTY : typeof payload === 'string' ? Buffer.from(payload) : payload
const packetOf = (row: Omit<PacketRow, 'client'>): StoredPacket => ({
  ...(JSON.parse(row.packet) as StoredPacket),
  payload: Buffer.from(row.payload),
})

export type Sessions = MemoryPersistence & {
  /** Messages that a full queue of an offline session did not take. */
  readonly dropped: number
  /** Ends the session of a client that may not come back. */
  forget(clientId: string): Promise<void>
}

/**
 * Opens or creates the file. `maxQueued` bounds the messages kept for one session; newer ones are dropped and counted.
 * The broker must have another random id at each start, or its counters would collide with queued packets.
 */
export const openSessions = (file: string, maxQueued = Infinity): Sessions =>
  new SqliteSessions(file, maxQueued)

class SqliteSessions extends MemoryPersistence {
  readonly #db: DatabaseSync
  readonly #run = {} as Record<keyof typeof SQL, StatementSync>
  readonly #maxQueued: number
  readonly #queued = new Map<string, number>()
  /** Clients that may have QoS 2 packets in the file. */
  readonly #receiving = new Set<string>()
  #open = false
  #destroyed = false
  dropped = 0

  constructor(file: string, maxQueued: number) {
    super()
    this.#maxQueued = maxQueued
    this.#db = new DatabaseSync(file)
    this.#db.exec(TABLES)
    for (const [name, sql] of Object.entries(SQL) as [keyof typeof SQL, string][])
      this.#run[name] = this.#db.prepare(sql)
  }

  override async setup(broker: unknown): Promise<void> {
    await super.setup(broker)
    await this.#reload()
  }

  /** Opens the turn's transaction. Its commit is queued first, so it runs before whatever waits for the change. */
  #begin(): void {
    if (this.#open) return
    this.#open = true
    this.#db.exec('BEGIN')
    queueMicrotask(() => this.#commit())
  }

  #commit(): void {
    if (!this.#open) return
    this.#open = false
    this.#db.exec('COMMIT')
  }

  async #reload(): Promise<void> {
    const packets = (sql: string): PacketRow[] => this.#db.prepare(sql).all() as unknown as PacketRow[]
    for (const row of packets('SELECT packet, payload FROM retained'))
      await super.storeRetained(packetOf(row))
    const subs = this.#db.prepare('SELECT client, sub FROM subscription').all() as {
      client: string
      sub: string
    }[]
    for (const { client, sub } of subs) await super.addSubscriptions({ id: client }, [JSON.parse(sub) as Sub])
    let n = 0
    for (const row of packets('SELECT client, message, packet, payload FROM outgoing ORDER BY id')) {
      // The memory drops the message id of what it enqueues, and a PUBREL has no number of its own: each is queued under a mark
      // of its own and then given its id, as if it had just been sent.
      const messageId = row.message ?? undefined
      const packet = { ...packetOf(row), messageId } as StoredPacket
      const mark = messageId === undefined ? {} : { brokerId: 'reload', brokerCounter: ++n }
      await super.outgoingEnqueue({ clientId: row.client }, { ...packet, ...mark })
      if (messageId !== undefined) {
        await super.outgoingUpdate({ id: row.client }, { ...mark, messageId })
        await super.outgoingUpdate({ id: row.client }, packet)
      }
      this.#count(row.client, 1)
    }
    for (const row of packets('SELECT client, packet, payload FROM incoming')) {
      this.#receiving.add(row.client)
      await super.incomingStorePacket({ id: row.client }, packetOf(row))
    }
    for (const row of packets('SELECT client, packet, payload FROM will')) {
      const will = packetOf(row)
      const { brokerId } = will
      await super.putWill({ id: row.client }, will)
      if (brokerId !== undefined) will.brokerId = brokerId // still the dead broker's, so that it is sent if nobody comes back
    }
  }

  #count(client: string, by: number): void {
    const now = (this.#queued.get(client) ?? 0) + by
    if (now > 0) this.#queued.set(client, now)
    else this.#queued.delete(client)
  }

  override async storeRetained(packet: StoredPacket): Promise<void> {
    this.#begin()
    if (packet.payload.length === 0) this.#run.unretain.run(packet.topic)
    else this.#run.retain.run(packet.topic, headOf(packet), bytesOf(packet.payload))
    return super.storeRetained(packet)
  }

  override async addSubscriptions(client: Id, subs: Sub[]): Promise<void> {
    this.#begin()
    for (const sub of subs) this.#run.subscribe.run(client.id, sub.topic, JSON.stringify(sub))
    return super.addSubscriptions(client, subs)
  }

  override async removeSubscriptions(client: Id, topics: string[]): Promise<void> {
    this.#begin()
    for (const topic of topics) this.#run.unsubscribe.run(client.id, topic)
    return super.removeSubscriptions(client, topics)
  }

  override async cleanSubscriptions(client: Id): Promise<void> {
    // Every clean CONNECT comes here; nearly none has anything stored.
    if ((await super.subscriptionsByClient(client)).length > 0) {
      this.#begin()
      this.#run.unsubscribeAll.run(client.id)
    }
    return super.cleanSubscriptions(client)
  }

  override async outgoingEnqueue(sub: { clientId: string }, packet: StoredPacket): Promise<void> {
    return this.outgoingEnqueueCombi([sub], packet)
  }

  override async outgoingEnqueueCombi(subs: { clientId: string }[], packet: StoredPacket): Promise<void> {
    if (subs.length === 0) return
    const taken = subs.filter(({ clientId }) => (this.#queued.get(clientId) ?? 0) < this.#maxQueued)
    this.dropped += subs.length - taken.length
    const head = headOf({ ...packet, messageId: undefined })
    this.#begin()
    for (const { clientId } of taken) {
      const { brokerId = null, brokerCounter = 0 } = packet
      this.#run.enqueue.run(clientId, brokerId, brokerCounter, null, head, bytesOf(packet.payload))
      this.#count(clientId, 1)
    }
    return super.outgoingEnqueueCombi(taken, packet)
  }

  override async outgoingUpdate(client: Id, packet: Partial<StoredPacket>): Promise<void> {
    const { brokerId = null, brokerCounter = null, messageId = null } = packet
    const found = this.#run.findOutgoing.get(client.id, brokerId, brokerCounter, messageId)
    if (found) {
      this.#begin()
      const id = found['id']!
      if (found['same'] === 1) this.#run.number.run(messageId, id)
      else
        this.#run.replace.run(brokerId, brokerCounter, messageId, headOf(packet), bytesOf(packet.payload), id)
    }
    return super.outgoingUpdate(client, packet)
  }

  override async outgoingClearMessageId(
    client: Id,
    packet: { messageId?: number },
  ): Promise<StoredPacket | undefined> {
    if (this.#queued.has(client.id)) {
      this.#begin()
      const { changes } = this.#run.acknowledge.run(client.id, packet.messageId ?? null)
      this.#count(client.id, -Number(changes))
    }
    return super.outgoingClearMessageId(client, packet)
  }

  override async incomingStorePacket(client: Id, packet: StoredPacket): Promise<void> {
    if (client.clean !== true) {
      this.#receiving.add(client.id)
      this.#begin()
      this.#run.receive.run(client.id, packet.messageId!, headOf(packet), bytesOf(packet.payload))
    }
    return super.incomingStorePacket(client, packet)
  }

  override async incomingDelPacket(client: Id, packet: { messageId?: number }): Promise<void> {
    if (client.clean !== true) {
      this.#begin()
      this.#run.release.run(client.id, packet.messageId!)
    }
    return super.incomingDelPacket(client, packet)
  }

  override async cleanIncoming(client: Id): Promise<void> {
    if (this.#receiving.delete(client.id)) {
      this.#begin()
      this.#run.forgetIncoming.run(client.id)
    }
    return super.cleanIncoming(client)
  }

  override async putWill(client: Id, packet: StoredPacket): Promise<void> {
    this.#begin()
    this.#run.putWill.run(client.id, headOf({ ...packet, brokerId: this.broker.id }), bytesOf(packet.payload))
    return super.putWill(client, packet)
  }

  override async delWill(client: Id): Promise<StoredPacket | undefined> {
    if (await super.getWill(client)) {
      this.#begin()
      this.#run.delWill.run(client.id)
    }
    return super.delWill(client)
  }

  async forget(clientId: string): Promise<void> {
    const client = { id: clientId }
    await this.cleanSubscriptions(client)
    await this.cleanIncoming(client)
    await this.delWill(client)
    this.#begin()
    this.#run.forgetOutgoing.run(clientId)
    for (let left = this.#queued.get(clientId) ?? 0; left > 0; left--) await this.#forgetFirst(client)
    this.#queued.delete(clientId)
  }

  async #forgetFirst(client: Id): Promise<void> {
    for await (const packet of super.outgoingStream(client) as AsyncIterable<StoredPacket>) {
      await super.outgoingClearMessageId(client, packet)
      return
    }
  }

  override async destroy(): Promise<void> {
    await super.destroy()
    if (this.#destroyed) return
    this.#destroyed = true
    this.#commit()
    this.#db.close()
  }
}
