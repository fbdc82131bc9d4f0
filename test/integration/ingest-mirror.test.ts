/** The mirror for MQTT tools: retained status per machine, from a service account that is asked for at each connection. */
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { Aedes } from 'aedes'
import { expect, test } from 'vitest'
import { closeLocal, serveLocal, socketPath } from '#runtime/local.ts'
import { MachineMemory } from '../../ingest/machine.ts'
import { Mirror, statusTopic } from '../../ingest/mirror.ts'
import { MACHINE } from '../casePlant.ts'
import { FIRM, newFolder, silent, until } from '../pipelineCase.ts'

test('status is published retained on change, at most once in 10 s, and waits while the broker is away', async () => {
  const published: { topic: string; payload: Record<string, unknown>; retain: boolean }[] = []
  const asked: unknown[] = []
  const aedes = await Aedes.createBroker({
    authenticate: (_client, username, password, done) =>
      done(null, username === 'service:ingest' && password?.toString() === 'secret'),
    authorizePublish: (_client, packet, done) => {
      const payload = JSON.parse(packet.payload.toString()) as Record<string, unknown>
      published.push({ topic: packet.topic, payload, retain: packet.retain })
      done(null)
    },
  })
  const server = net.createServer(aedes.handle)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const socket = socketPath(newFolder(), 'broker')
  const options = { mqtt: { host: '127.0.0.1', port }, tlsCert: '' }
  const mirror = new Mirror({ socket, options, log: silent })
  const machine = new MachineMemory(FIRM, MACHINE, null)
  mirror.start()
  machine.now.state = 'RUN'
  mirror.changed(machine)
  // nobody answers at first; what changed meanwhile goes out once, as it is by then
  machine.now.state = 'IDLE'
  mirror.changed(machine)
  const local = await serveLocal(
    socket,
    {
      answers: {
        'POST /services': (body) => {
          asked.push(body)
          return { body: { clientId: 'service:ingest', username: 'service:ingest', password: 'secret' } }
        },
      },
    },
    silent,
  )
  await until(() => mirror.published > 0, 'the first status')
  expect(asked.at(-1)).toEqual({ name: 'ingest', firms: ['*'], mirror: true })
  mirror.changed(machine)
  expect(published).toMatchObject([
    { topic: statusTopic(machine), payload: { state: 'IDLE', since: null, values: {} }, retain: true },
  ])
  await mirror.stop()
  expect(published).toHaveLength(1)
  await closeLocal(local)
  await new Promise<void>((done) => aedes.close(() => done()))
  server.close()
})
