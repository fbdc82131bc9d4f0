/** The handles of an installation: one table, used by the supervisor and by every process started alone. */
import { address, text, yesNo, type SettingsOf } from './settings.ts'

export const options = {
  data: text('folder that holds everything the installation stores', 'data'),
  plants: text('folder with one plant file per firm: <firm>/plant.yaml', 'plants'),
  http: address('where people connect', { host: '127.0.0.1', port: 8080 }),
  mqtt: address('where devices connect', { host: '127.0.0.1', port: 1883 }),
  mqttWs: address('where devices connect by WebSocket', { host: '127.0.0.1', port: 8083 }),
  store: text('historian: sqlite:, influx1://, influx2://, influx3:// or memory:', 'sqlite:'),
  noSimulator: yesNo('do not run the simulated plant'),
  empty: yesNo('start without the simulated plant and without its plant file'),
  lan: yesNo('serve the page by HTTPS to phones on the local network'),
  tlsCert: text('PEM certificate chain: turns on TLS for MQTT, WebSocket and HTTPS', ''),
  tlsKey: text('PEM key of the certificate', ''),
  tlsClientCa: text(
    'PEM certificates: devices may sign in by a client certificate whose CN is their account',
    '',
  ),
  heads: text('file to which each firm’s daily journal head is appended, to be kept elsewhere', ''),
} as const

export type Options = SettingsOf<typeof options>
