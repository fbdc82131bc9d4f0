/**
 * What one device, one address and the whole broker may use. Each is BAIYUAN_BROKER_… in the environment; a client over a limit is
 * slowed or closed with a named reason, counted, and logged once.
 */
import {
  integer,
  parseAddress,
  readSettings,
  type Address,
  type Setting,
  type SettingsOf,
} from '#runtime/settings.ts'
import { MAX_PAYLOAD } from '#contract/envelope.ts'

const probes: Setting<Address | null> = {
  help: 'HOST:PORT that also answers /health, /ready and /metrics',
  fallback: null,
  parse: parseAddress,
}

const limits = {
  brokerMaxConnections: integer('open connections in all', 10_000, 1, 1_000_000),
  brokerMaxPerAddress: integer('open connections from one address', 2000, 1, 1_000_000),
  brokerConnectSeconds: integer('seconds from the connection to a whole CONNECT', 5, 1, 60),
  brokerMaxConnectBytes: integer('bytes of a packet before CONNACK', 4096, 64, 65_536),
  // A full payload must pass; topic, packet id and header need room beside it.
  brokerMaxPacketBytes: integer('bytes of a packet after CONNACK', MAX_PAYLOAD + 1024, 1024, 268_435_455),
  brokerMaxTopicBytes: integer('bytes of a topic or filter', 1024, 64, 4000),
  brokerKeepaliveSeconds: integer('longest keep-alive; a longer one or none is shortened to it', 60, 1, 3600),
  brokerMessagesPerSecond: integer(
    'messages a second of one client; above, it is read slower',
    5000,
    1,
    1_000_000,
  ),
  brokerMaxQueued: integer(
    'queued messages of one offline session; newer ones are dropped',
    10_000,
    1,
    1_000_000,
  ),
  brokerProbes: probes,
} as const

export type Limits = SettingsOf<typeof limits>

/** Reads the limits from the environment. Throws SettingsError with every fault. */
export const readLimits = (env: Readonly<Record<string, string | undefined>>): Limits =>
  readSettings(limits, { env })
