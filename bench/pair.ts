/**
 * The pair that throughput is measured beside: one mqtt.js subscriber behind mosquitto that writes the same readings into the same
 * historian layout, with no journal, no checks and nothing acknowledged after storing. Prints a line of JSON when it is told to end.
 *
 *   node bench/pair.ts PORT FOLDER
 */
import mqtt from 'mqtt'
import { createLog } from '#runtime/log.ts'
import type { Reading, Series } from '#store/historian/historian.ts'
import { openHistorian } from '#store/historian/open.ts'

const [port, dir] = process.argv.slice(2)
const historian = await openHistorian('sqlite:', { dir: dir!, log: createLog('pair') })
const series = new Map<string, Series>()
let batch: Reading[] = []
let received = 0
let commit = 0

const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { clientId: 'pair', clean: true, keepalive: 60 })
client.on('connect', () => client.subscribe('v1/#', { qos: 1 }))
client.on('message', (topic, payload) => {
  received++
  const [, firm, site, area, line, machine] = topic.split('/')
  const body = JSON.parse(payload.toString()) as { ts: number; v: Record<string, number> }
  for (const [measure, value] of Object.entries(body.v)) {
    const key = `${topic} ${measure}`
    let found = series.get(key)
    if (!found)
      series.set(key, (found = { firm: firm!, machine: `${site}/${area}/${line}/${machine}`, measure }))
    batch.push({ series: found, ts: body.ts, value })
  }
})
const timer = setInterval(() => {
  const readings = batch
  batch = []
  void historian.write(readings, ++commit).then(() => historian.tick(Date.now()))
}, 100)

process.on('SIGTERM', () => {
  clearInterval(timer)
  void historian.write(batch, ++commit).then(async () => {
    await historian.flush()
    process.stdout.write(`${JSON.stringify({ received })}\n`)
    process.exit(0)
  })
})
