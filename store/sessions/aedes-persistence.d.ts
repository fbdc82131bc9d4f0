/** The in-memory persistence behind aedes-persistence, which ships without types of its own. */
declare module 'aedes-persistence/asyncPersistence.js' {
  import type { Readable } from 'node:stream'

  type Id = { readonly id: string; readonly clean?: boolean }
  type Sub = { topic: string; qos: number; rh?: number; rap?: number | boolean; nl?: number | boolean }

  export default class MemoryPersistence {
    constructor(options?: object)
    readonly broker: { readonly id: string }
    setup(broker: unknown): Promise<void>
    storeRetained(packet: StoredPacket): Promise<void>
    createRetainedStream(pattern: string): Readable
    createRetainedStreamCombi(patterns: string[]): Readable
    addSubscriptions(client: Id, subs: Sub[]): Promise<void>
    removeSubscriptions(client: Id, topics: string[]): Promise<void>
    subscriptionsByClient(client: Id): Promise<Sub[]>
    subscriptionsByTopic(topic: string): Promise<(Sub & { clientId: string })[]>
    countOffline(): Promise<{ subsCount: number; clientsCount: number }>
    cleanSubscriptions(client: Id): Promise<void>
    outgoingEnqueue(sub: { clientId: string }, packet: StoredPacket): Promise<void>
    outgoingEnqueueCombi(subs: { clientId: string }[], packet: StoredPacket): Promise<void>
    outgoingUpdate(client: Id, packet: Partial<StoredPacket>): Promise<void>
    outgoingClearMessageId(client: Id, packet: { messageId?: number }): Promise<StoredPacket | undefined>
    outgoingStream(client: Id): Readable
    incomingStorePacket(client: Id, packet: StoredPacket): Promise<void>
    incomingGetPacket(client: Id, packet: { messageId?: number }): Promise<StoredPacket>
    incomingDelPacket(client: Id, packet: { messageId?: number }): Promise<void>
    cleanIncoming(client: Id): Promise<void>
    putWill(client: Id, packet: StoredPacket): Promise<void>
    getWill(client: Id): Promise<StoredPacket | undefined>
    delWill(client: Id): Promise<StoredPacket | undefined>
    streamWill(brokers?: Record<string, unknown>): Readable
    getClientList(topic: string): Readable
    destroy(): Promise<void>
  }

  export type StoredPacket = {
    cmd: string
    topic: string
    payload: Buffer
    qos: number
    retain: boolean
    dup?: boolean
    brokerId?: string
    brokerCounter?: number
    messageId?: number
    clientId?: string
  }
}
