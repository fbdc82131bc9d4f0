import { expect, test } from 'vitest'
import { seeded, surviveKills } from '../e2e/kills.ts'

test('F1 F2 F10 a hundred kills at random moments under QoS 1 load lose nothing that was acknowledged', async () => {
  const random = seeded(4711)
  const kills = Array.from(
    { length: 100 },
    () => ['broker', 'ingest', 'broker', 'ingest', 'api', 'simulators'][Math.floor(random() * 6)]!,
  )
  const { acknowledged } = await surviveKills(kills, random)
  process.stdout.write(`100 kills, ${acknowledged} messages acknowledged, 0 lost\n`)
  expect(acknowledged).toBeGreaterThan(10_000)
})
