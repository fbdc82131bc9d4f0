/** Where devices connect: TLS, client certificates, WebSocket; plain text only where the operator chose it. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import tls from 'node:tls'
import mqtt from 'mqtt'
import { afterAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { BrokerStatus } from '#contract/local.ts'
import { BrokerProcess, freshFolder, LATHE, MILL, readJournal, until } from './brokerUnderTest.ts'
import { RawMqtt } from './rawMqtt.ts'
import { certificate } from './selfSigned.ts'

const dir = freshFolder()
const file = (name: string, text: string) => {
  const where = path.join(dir, name)
  fs.writeFileSync(where, text)
  return where
}
const server = certificate('127.0.0.1')
const devices = { cn: 'devices of demo-a', ...certificate('devices of demo-a') }
const strangers = { cn: 'strangers', ...certificate('strangers') }
const certFile = file('server.pem', server.cert)
const keyFile = file('server.key', server.key)
const broker = await BrokerProcess.start(dir, {}, [
  '--tls-cert',
  certFile,
  '--tls-key',
  keyFile,
  '--tls-client-ca',
  file('devices.pem', devices.cert),
])
afterAll(async () => {
  await broker.stop('SIGKILL')
  fs.rmSync(dir, { recursive: true, force: true })
})
const lathe = await broker.device(LATHE)
const mill = await broker.device(MILL)
const trust = { ca: server.cert }

test('T21 a password crosses the network inside TLS only; the client checks authority and name', async () => {
  const client = await RawMqtt.open(broker.port, trust)
  expect(await client.connect(lathe)).toBe(0)
  client.publish(`v1/${LATHE}/count`, 'secure', 1)
  expect(await client.next('puback')).toMatchObject({ messageId: 1 })
  client.destroy()
  const url = `mqtts://127.0.0.1:${broker.port}`
  const wrong = { ...lathe, ca: strangers.cert, reconnectPeriod: 0, protocolVersion: 4 as const }
  await expect(mqtt.connectAsync(url, wrong)).rejects.toThrow(/self-signed|unable to verify/)
})

test('T21 plain text and TLS 1.1 are refused, counted and logged', async () => {
  const plain = await RawMqtt.open(broker.port)
  expect(await plain.connect(lathe)).toBeNull()
  await plain.end()
  const old = tls.connect({
    port: broker.port,
    host: '127.0.0.1',
    ...trust,
    maxVersion: 'TLSv1.1',
    minVersion: 'TLSv1',
  })
  await new Promise((done) => old.once('error', done))
  const { closed } = await broker.local<BrokerStatus>('GET', '/status')
  expect(closed['tls_failed']).toBeGreaterThan(0)
})

test('T21 a client certificate of the configured authority is its account; another’s is nobody', async () => {
  const own = certificate(lathe.username, devices)
  const named = await RawMqtt.open(broker.port, { ...trust, ...own })
  expect(await named.connect({ clientId: lathe.clientId })).toBe(0)
  named.destroy()
  const forged = await RawMqtt.open(broker.port, { ...trust, ...certificate(lathe.username, strangers) })
  expect(await forged.connect({ clientId: lathe.clientId })).toBe(5)
  const borrowed = await RawMqtt.open(broker.port, { ...trust, ...own })
  expect(await borrowed.connect({ clientId: mill.clientId, username: mill.username })).toBe(5)
})

test('MQTT over WebSocket with TLS: mqtt.js publishes, the journal has it', async () => {
  const client = await mqtt.connectAsync(`wss://127.0.0.1:${broker.wsPort}/mqtt`, {
    ...mill,
    ca: server.cert,
    protocolVersion: 4,
    reconnectPeriod: 0,
  })
  await client.publishAsync(`v1/${MILL}/count`, 'by websocket', { qos: 1 })
  expect(readJournal(dir).map(({ payload }) => String(payload))).toContain('by websocket')
  await client.endAsync()
})

test('T12 an oversized WebSocket frame is refused', async () => {
  const socket = new WebSocket(`wss://127.0.0.1:${broker.wsPort}`, 'mqtt', trust)
  const closed = new Promise<number>((done) => socket.on('close', done))
  socket.on('error', () => undefined)
  socket.on('open', () => socket.send(Buffer.alloc(4 * 1024 * 1024)))
  expect([1006, 1009]).toContain(await closed)
  await until(async () => (await broker.local<BrokerStatus>('GET', '/status')).connections === 0)
})

test('a browser that asks for a page is told what this is', async () => {
  const socket = tls.connect({ port: broker.wsPort, host: '127.0.0.1', ...trust })
  socket.end('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  let answer = ''
  for await (const part of socket) answer += String(part)
  expect(answer).toMatch(/^HTTP\/1.1 426 [\s\S]*MQTT over WebSocket only/)
})

test.each([
  ['no key', ['--tls-cert', certFile], /needs both --tls-cert and --tls-key/],
  [
    'a missing key file',
    ['--tls-cert', certFile, '--tls-key', '/nowhere.key'],
    /nowhere\.key cannot be read \(ENOENT\): check --tls-key/,
  ],
  [
    'a certificate that is none',
    ['--tls-cert', keyFile, '--tls-key', keyFile],
    /the certificate cannot be used/,
  ],
])('a start with %s says what to change and exits 78', (_name, args, message) => {
  const main = path.resolve(import.meta.dirname, '../../broker/main.ts')
  const elsewhere = freshFolder()
  const done = spawnSync(process.execPath, [main, '--data', elsewhere, '--mqtt', '127.0.0.1:0', ...args], {
    encoding: 'utf8',
  })
  fs.rmSync(elsewhere, { recursive: true })
  expect(done.status).toBe(78)
  expect(done.stderr).toMatch(message)
})
