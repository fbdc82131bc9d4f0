/** PUBACK means stored: what is acknowledged is in the journal under the sender's name, in order. */
import { afterAll, expect, test } from 'vitest'
import { LATHE, openLocalBroker } from './brokerUnderTest.ts'

const broker = await openLocalBroker()
afterAll(() => broker.stop())
const lathe = broker.device(LATHE)

test('an acknowledged message is in the journal with topic, sender and bytes', async () => {
  const client = await broker.client(lathe)
  client.publish(`v1/${LATHE}/count`, '{"ts":1795500420000,"seq":1,"boot":"a1","v":{"good":1}}', 7)
  expect(await client.next('puback')).toMatchObject({ messageId: 7 })
  const [entry] = broker.entries()
  expect(entry).toMatchObject({
    firm: 'demo-a',
    offset: 1,
    topic: `v1/${LATHE}/count`,
    principal: lathe.username,
    payload: Buffer.from('{"ts":1795500420000,"seq":1,"boot":"a1","v":{"good":1}}'),
  })
})
