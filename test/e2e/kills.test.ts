import { expect, test } from 'vitest'
import { seeded, surviveKills } from './kills.ts'

test(
  'F1 F2 F10 ten kills at random moments under QoS 1 load lose nothing that was acknowledged',
  { timeout: 240_000 },
  async () => {
    const kills = [
      'broker',
      'ingest',
      'broker',
      'ingest',
      'api',
      'broker',
      'ingest',
      'simulators',
      'broker',
      'ingest',
    ]
    const { acknowledged } = await surviveKills(kills, seeded(20_261_124))
    expect(acknowledged).toBeGreaterThan(1000)
  },
)
