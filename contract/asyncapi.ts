/** AsyncAPI 3 of what travels by itself: device messages over MQTT, and the live socket of people. */
import { z } from 'zod'
import { CountMessage, EventMessage, StateMessage, TelemetryMessage } from './envelope.ts'
import { DayFigures } from './figures.ts'
import { EventView, MachineLiveView } from './rest.ts'
import { DEVICE_CLASSES, type DeviceClass } from './topics.ts'

const SHAPES: Record<DeviceClass, z.ZodType> = {
  telemetry: TelemetryMessage,
  count: CountMessage,
  state: StateMessage,
  event: EventMessage,
}

const instant = z.int().describe('ms since 1970 UTC')
/** Socket.IO events by name; contract/live.ts has the same as types. */
export const SERVER_TO_PAGE = {
  snapshot: z.object({ firm: z.string(), at: instant, cursor: z.int(), machines: z.array(MachineLiveView) }),
  delta: z.object({ firm: z.string(), at: instant, machines: z.array(MachineLiveView) }),
  beat: z.object({ at: instant, ingest: z.boolean() }),
  ledger: EventView,
  day: DayFigures,
  resync: z.undefined(),
  goodbye: z.enum(['expired', 'revoked']),
} as const
/** The one thing a page may say. A cursor of 0 asks for no history. */
export const Join = z.strictObject({ firm: z.string().max(64), cursor: z.int().min(0) })

const SAYS: Record<keyof typeof SERVER_TO_PAGE, string> = {
  snapshot: 'Whole state of the joined firm: first after a join and after a resync',
  delta: 'Machines that changed, at most 5 a second each; values hold only what changed',
  beat: 'Every second; `ingest` is false while the pipeline does not answer',
  ledger: 'A ledger event; none is skipped from the cursor of the join on',
  day: 'Cost per 100 yuan of output of the day that runs, about once a second',
  resync: 'This page was too slow: drop everything, a snapshot follows',
  goodbye: 'The session ended or its rights changed: sign in again',
}

const schemaOf = (shape: z.ZodType) => z.toJSONSchema(shape, { unrepresentable: 'any', io: 'input' })
const level = { description: '[a-z0-9_-]{1,64}' }

export function asyncApi() {
  const devices = DEVICE_CLASSES.map((cls) => [
    cls,
    {
      address: `v1/{firm}/{site}/{area}/{line}/{machine}/${cls}`,
      parameters: { firm: level, site: level, area: level, line: level, machine: level },
      messages: {
        [cls]: {
          summary: SHAPES[cls].description,
          contentType: 'application/json',
          payload: schemaOf(SHAPES[cls]),
        },
      },
      servers: [{ $ref: '#/servers/mqtt' }],
    },
  ])
  const live = Object.entries(SERVER_TO_PAGE).map(([name, shape]) => [
    name,
    { name, summary: SAYS[name as keyof typeof SAYS], payload: schemaOf(shape) },
  ])
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Baiyuan',
      version: '1',
      description: 'Device messages over MQTT 3.1.1 and live data over Socket.IO',
    },
    defaultContentType: 'application/json',
    servers: {
      mqtt: { host: '{host}:1883', protocol: 'mqtt', protocolVersion: '3.1.1' },
      live: { host: '{host}', pathname: '/socket.io', protocol: 'socketio' },
    },
    channels: {
      ...(Object.fromEntries(devices) as Record<string, unknown>),
      live: {
        address: '/',
        summary: 'Socket.IO namespace; authenticated by session cookie or Bearer token at the handshake',
        messages: {
          ...(Object.fromEntries(live) as Record<string, unknown>),
          join: {
            name: 'join',
            summary: 'Look at one firm; acknowledged with {ok: true} or {ok: false, status: 404}',
            payload: schemaOf(Join),
          },
        },
        servers: [{ $ref: '#/servers/live' }],
      },
    },
    operations: {
      ...Object.fromEntries(
        DEVICE_CLASSES.map((cls) => [
          `receive-${cls}`,
          { action: 'receive', channel: { $ref: `#/channels/${cls}` } },
        ]),
      ),
      stream: {
        action: 'send',
        channel: { $ref: '#/channels/live' },
        messages: Object.keys(SERVER_TO_PAGE).map((name) => ({ $ref: `#/channels/live/messages/${name}` })),
      },
      join: {
        action: 'receive',
        channel: { $ref: '#/channels/live' },
        messages: [{ $ref: '#/channels/live/messages/join' }],
      },
    },
  }
}
