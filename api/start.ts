/** The api process put together: REST and the live socket for people, over the ledgers, the historian and the neighbours. */
import fs from 'node:fs'
import path from 'node:path'
import { callLocal, closeLocal, serveLocal, socketPath } from '#runtime/local.ts'
import { createMetrics, Gauge } from '#runtime/metrics.ts'
import { listen, OperatorError, type Context } from '#runtime/process.ts'
import { showAddress } from '#runtime/settings.ts'
import { openHistorianReader } from '#store/historian/open.ts'
import { ledgerFile, listFirms } from '#store/ledger/file.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import { PeopleStore } from '#store/people/people.ts'
import { createApp } from './app.ts'
import { SetupLink } from './auth/setup.ts'
import { warmUp } from './auth/passwords.ts'
import { LanDoor } from './lan/door.ts'
import { hostNames, type HostNames } from './lan/network.ts'
import { Ledgers } from './ledgers.ts'
import { serveLive } from './live/server.ts'
import { localRoutes } from './local.ts'
import { mergeMetrics } from './metrics.ts'
import { brokerAt, ingestAt, metricsAt, neighboursAt, simulatorsAt } from './neighbours.ts'
import { MonthCloses } from './monthCloses.ts'
import { PlantFiles } from './plants.ts'
import type { Ports } from './ports.ts'
import { RecordSeeds } from './seedRecords.ts'
import { createServer, createTlsServer } from './server.ts'
import { Upstream } from './upstream.ts'

/** `host`: how this host is called on the local network, now. */
export async function startApi(
  { options, log, lifecycle }: Context,
  host: () => HostNames = hostNames,
): Promise<{ http: string; lanUrl?: string; lanCa?: string }> {
  const { data } = options
  let door: LanDoor | null = null
  if (Boolean(options.tlsCert) !== Boolean(options.tlsKey))
    throw new OperatorError('TLS needs both --tls-cert and --tls-key')
  if (options.lan && tlsOrNetwork(options))
    throw new OperatorError(
      '--lan makes a certificate of its own and keeps plain HTTP on loopback: use it without --tls-cert and with --http on 127.0.0.1',
    )
  const tls = options.tlsCert ? { cert: options.tlsCert, key: options.tlsKey } : null
  const people = await lifecycle.start(
    'people',
    () => new PeopleStore(path.join(data, 'people.db')),
    (store) => store.close(),
  )
  const ledgers = await lifecycle.start(
    'ledgers',
    () =>
      new Ledgers(
        { firms: () => listFirms(data), open: (firm) => openLedgerReader(ledgerFile(data, firm)) },
        (firm, error) => log.info({ err: error, firm }, 'a ledger cannot be read yet'),
      ),
    (shelf) => shelf.close(),
  )
  const historian = await lifecycle.start(
    'historian',
    () =>
      openHistorianReader(options.store, {
        dir: path.join(data, 'historian'),
        log,
        openMinutes: async ({ firm, machine, measure }, from, to) => {
          const query = new URLSearchParams({ firm, machine, measure, from: String(from), to: String(to) })
          const rows = await callLocal<[number, number][]>(
            socketPath(data, 'ingest'),
            'GET',
            `/open?${query.toString()}`,
          )
          return rows.map(([ts, value]) => ({ ts, value }))
        },
      }),
    (reader) => reader.close(),
  )
  const upstream = new Upstream()
  const plants = new PlantFiles(options.plants)
  const registry = createMetrics('api')
  const neighbourTexts = metricsAt(data)
  const ports: Ports = {
    people,
    setup: new SetupLink(people),
    ledgers,
    upstream,
    historian,
    broker: brokerAt(data),
    ingest: ingestAt(data),
    simulators: simulatorsAt(data),
    neighbours: neighboursAt(data),
    metrics: async () => mergeMetrics([await registry.metrics(), ...(await neighbourTexts())]),
    plantFaults: () => plants.faults(),
    freeShare: () => {
      const disk = fs.statfsSync(data)
      return disk.blocks === 0 ? 0 : disk.bavail / disk.blocks
    },
    now: () => Date.now(),
    log,
    lan: () => door?.view() ?? null,
    secure: tls !== null,
    plants: options.plants,
    page: path.join(import.meta.dirname, '..', 'dashboards', 'web', 'dist'),
  }
  const rights: { check: () => void } = { check: () => undefined }
  const app = createApp(ports, () => rights.check())
  const server = createServer(app, tls)
  const live = await lifecycle.start(
    'live',
    () => serveLive(server, ports),
    (socket) => socket.close(),
  )
  rights.check = live.checkRights
  registry.registerMetric(
    new Gauge({
      name: 'baiyuan_live_pages',
      help: 'open live connections',
      registers: [],
      collect() {
        this.set(live.feed.viewers.size)
      },
    }),
  )
  await lifecycle.start(
    'upstream',
    () => upstream.follow(socketPath(data, 'ingest')),
    (stop) => stop(),
  )
  ledgers.watch()
  await warmUp()
  await lifecycle.start(
    'api.sock',
    () =>
      serveLocal(
        socketPath(data, 'api'),
        localRoutes(ports, registry, () => rights.check()),
        log,
      ),
    closeLocal,
  )
  const address = await lifecycle.start(
    'http',
    () => listen(server, options.http, '--http'),
    () => server.closeAllConnections(),
  )
  if (options.lan)
    door = await lifecycle.start(
      'lan',
      async () => {
        const opened = new LanDoor({
          folder: path.join(data, 'tls'),
          port: address.port,
          host,
          serve: (pair) => {
            const own = createTlsServer(app, pair)
            live.attach(own)
            return own
          },
          log,
          now: ports.now,
        })
        await opened.open()
        return opened
      },
      (opened) => opened.close(),
    )
  if (!options.empty) {
    await lifecycle.start(
      'plants',
      () => plants.watch(ports),
      () => plants.close(),
    )
    const seeds = new RecordSeeds(options.plants)
    await lifecycle.start(
      'records',
      () => seeds.watch(ports),
      () => seeds.close(),
    )
  }
  const closes = new MonthCloses()
  await lifecycle.start(
    'month closes',
    () => closes.watch(ports),
    () => closes.close(),
  )
  const seen = door?.view()
  return {
    http: `${tls ? 'https' : 'http'}://${showAddress(address)}`,
    ...(seen ? { lanUrl: seen.url, lanCa: seen.fingerprint } : {}),
  }
}

const tlsOrNetwork = ({ tlsCert, http }: Context['options']): boolean =>
  tlsCert !== '' || !/^(?:127\.|::1$|localhost$)/.test(http.host)
