/** What tests of a killed or stopped broker share: a credential without a broker, a load, and what must be in the journal after it. */
import path from 'node:path'
import { expect } from 'vitest'
import { addDevice, isRefused } from '../../broker/devices.ts'
import type { DeviceSecret } from '#contract/local.ts'
import { openCredentials } from '#store/credentials/credentials.ts'
import { LATHE, readJournal, type BrokerProcess } from './brokerUnderTest.ts'
import { RawMqtt } from './rawMqtt.ts'

export const COUNT = `v1/${LATHE}/count`

/** A credential, made while no broker runs. */
export const deviceIn = (dir: string): DeviceSecret => {
  const credentials = openCredentials(path.join(dir, 'credentials.db'))
  const secret = addDevice(credentials, { path: LATHE }, Date.now())
  credentials.close()
  if (isRefused(secret)) throw new Error(secret.error)
  return secret
}

/** A client that the broker has taken. */
export const connected = async (
  broker: BrokerProcess,
  secret: DeviceSecret,
  more: object = {},
): Promise<RawMqtt> => {
  const client = await RawMqtt.open(broker.port)
  expect(await client.connect(secret, more)).toBe(0)
  return client
}

/** Sends 1, 2, 3 … with at most 20 in flight until the connection ends. Returns what was acknowledged. */
export const load = async (
  client: RawMqtt,
  topic: string,
  each: (acknowledged: number) => unknown = () => undefined,
): Promise<{ acknowledged: Set<number>; sent: number }> => {
  let sent = 0
  const acknowledged = new Set<number>()
  while (!client.closed) {
    while (sent - acknowledged.size < 20) client.publish(topic, String(++sent), sent)
    const ack = await client.next('puback')
    if (ack && 'messageId' in ack) acknowledged.add(ack.messageId)
    each(acknowledged.size)
  }
  for (const packet of client.got) if (packet.cmd === 'puback') acknowledged.add(packet.messageId!)
  return { acknowledged, sent }
}

/** Numbers that the load sent, as journalled. */
export const journalled = (dir: string) =>
  readJournal(dir)
    .filter(({ topic }) => topic === COUNT)
    .map(({ payload }) => Number(payload))

/** Offsets per firm without holes, and each number once, in the order sent. */
export const expectWhole = (dir: string) => {
  const entries = readJournal(dir)
  expect(entries.map(({ offset }) => offset)).toEqual(entries.map((_, i) => i + 1))
  const numbers = journalled(dir)
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
  expect(new Set(numbers).size).toBe(numbers.length)
}
