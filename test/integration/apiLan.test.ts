/** --lan: the page by HTTPS with the local CA on the addresses of the host (here loopback ones), plain HTTP on the old address alone. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import os from 'node:os'
import path from 'node:path'
import { io } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Lifecycle } from '#runtime/lifecycle.ts'
import { createLog } from '#runtime/log.ts'
import { options } from '#runtime/options.ts'
import { OperatorError } from '#runtime/process.ts'
import { readSettings } from '#runtime/settings.ts'
import { PeopleStore } from '#store/people/people.ts'
import { hashPassword } from '../../api/auth/passwords.ts'
import { LanDoor } from '../../api/lan/door.ts'
import type { HostNames } from '../../api/lan/network.ts'
import { startApi } from '../../api/start.ts'

const PASSWORD = 'four words of a door'
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'baiyuan-lan-'))
const tlsFolder = path.join(dir, 'tls')
const log = createLog('test')
let lifecycle: Lifecycle | null = null
let running: Awaited<ReturnType<typeof startApi>>
let host: HostNames = { name: 'press-shop.local', addresses: ['127.0.0.2', '127.0.0.3'] }

async function start(...argv: string[]): ReturnType<typeof startApi> {
  const settings = readSettings(options, {
    argv: ['--data', dir, '--empty', '--lan', '--http', '127.0.0.1:0', '--store', 'memory:', ...argv],
  })
  lifecycle = new Lifecycle(log)
  return startApi({ options: settings, log, lifecycle }, () => host)
}

async function stop(): Promise<void> {
  await lifecycle?.stop()
  lifecycle = null
}

type Said = { status: number; headers: http.IncomingHttpHeaders; text: string }

/** Asks with nothing trusted but `ca`. */
const ask = (
  url: string,
  { ca, body, ...headers }: { ca?: string; body?: object; cookie?: string } = {},
): Promise<Said> =>
  new Promise((resolve, reject) => {
    const request = (url.startsWith('https') ? https : http).request(
      url,
      {
        agent: false,
        method: body ? 'POST' : 'GET',
        headers: { ...headers, ...(body ? { 'content-type': 'application/json' } : {}) },
        ...(ca ? { ca } : {}),
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }))
      },
    )
    request.on('error', reject).end(body && JSON.stringify(body))
  })

const caFile = (): string => fs.readFileSync(path.join(tlsFolder, 'ca.crt'), 'utf8')

beforeAll(async () => {
  fs.chmodSync(dir, 0o700)
  const people = new PeopleStore(path.join(dir, 'people.db'))
  const hash = await hashPassword(PASSWORD)
  people.addPerson({ name: 'li', role: 'operator', firms: null, hash, disabled: false }, 'test', Date.now())
  people.close()
})

afterAll(async () => {
  await stop()
  fs.rmSync(dir, { recursive: true, force: true })
})

describe('T21 --lan', () => {
  test('every address of the host answers HTTPS with the local CA, a session of its own, and the live socket', async () => {
    running = await start()
    const { http: loopback, lanUrl = '', lanCa } = running
    const ca = caFile()
    expect(lanUrl).toBe(`https://127.0.0.2:${new URL(loopback).port}`)
    for (const address of host.addresses) {
      const said = await ask(`${lanUrl.replace('127.0.0.2', address)}/api/v1/lan`, { ca })
      expect(said.status).toBe(401)
      expect(said.headers['strict-transport-security']).toBeUndefined()
    }
    await expect(ask(`${lanUrl}/`)).rejects.toThrow(/self-signed|unable to verify/)

    const signIn = await ask(`${lanUrl}/api/v1/session`, { ca, body: { name: 'li', password: PASSWORD } })
    const set = signIn.headers['set-cookie']![0]!
    expect(set).toMatch(/^__Host-baiyuan=bys_[^;]+;.*HttpOnly; Secure; SameSite=Strict/)
    const cookie = set.split(';')[0]!
    const lan = await ask(`${lanUrl}/api/v1/lan`, { ca, cookie })
    expect(JSON.parse(lan.text)).toEqual({ url: lanUrl, fingerprint: lanCa, until: expect.any(Number) })
    expect((await ask(`${lanUrl}/api/v1/lan/ca.crt`, { ca, cookie })).text).toBe(ca)

    const page = io(lanUrl, {
      transports: ['websocket'],
      reconnection: false,
      ca,
      extraHeaders: { cookie, origin: lanUrl },
    })
    const beat = await new Promise((resolve, reject) => {
      page.on('beat', resolve).on('connect_error', reject)
    })
    expect(beat).toMatchObject({ at: expect.any(Number) })
    page.close()

    // Loopback stays as it was: plain, and with another cookie than the network's.
    expect((await ask(`${loopback}/api/v1/lan`, { cookie })).status).toBe(401)
    expect((await ask(`${loopback}/api/v1/lan`, { cookie: cookie.replace('__Host-', '') })).status).toBe(200)
  })

  test('nothing is served in plain text on the network', async () => {
    for (const at of ['/', '/health', '/api/v1/lan/ca.crt'])
      await expect(ask(`${running.lanUrl!.replace('https', 'http')}${at}`)).rejects.toThrow(
        /hang up|ECONNRESET/,
      )
  })

  test('the folder holds the key of the server for its owner alone, and no key of the CA', () => {
    expect(fs.readdirSync(tlsFolder).toSorted()).toEqual(['ca.crt', 'server.crt', 'server.key'])
    expect(fs.statSync(path.join(tlsFolder, 'server.key')).mode & 0o777).toBe(0o600)
    expect(fs.statSync(tlsFolder).mode & 0o777).toBe(0o700)
    const keys = fs
      .readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .filter((file) => fs.readFileSync(file).includes('PRIVATE KEY'))
    expect(keys).toEqual([path.join(tlsFolder, 'server.key')])
    const key = createPrivateKey(fs.readFileSync(keys[0]!))
    expect(new X509Certificate(caFile()).checkPrivateKey(key)).toBe(false)
  })

  test('a restart keeps the certificate; another address makes a new CA', async () => {
    const ca = caFile()
    await stop()
    running = await start()
    expect(caFile()).toBe(ca)
    expect((await ask(`${running.lanUrl}/api/v1/lan`, { ca })).status).toBe(401)
    await stop()
    host = { ...host, addresses: ['127.0.0.4'] }
    running = await start()
    expect(caFile()).not.toBe(ca)
    expect(running.lanUrl).toContain('127.0.0.4')
    await expect(ask(`${running.lanUrl}/health`, { ca })).rejects.toThrow(/certificate/)
    expect((await ask(`${running.lanUrl}/api/v1/lan`, { ca: caFile() })).status).toBe(401)
    await stop()
  })

  test('an address that comes while it runs is served with a new CA, one that goes is left', async () => {
    const opened: string[] = []
    const door = new LanDoor({
      folder: path.join(dir, 'door'),
      port: 0,
      host: () => host,
      serve: (pair) => {
        opened.push(new X509Certificate(pair.cert).subjectAltName!)
        return https.createServer(pair, (_request, response) => response.end('page'))
      },
      log,
      now: () => Date.now(),
    })
    host = { ...host, addresses: [] }
    await door.open()
    expect(door.view()).toBeNull()
    host = { ...host, addresses: ['127.0.0.5'] }
    await door.look()
    const first = door.view()!
    host = { ...host, addresses: ['127.0.0.6'] }
    await door.look()
    expect(door.view()!.url).toContain('127.0.0.6')
    expect(door.view()!.fingerprint).not.toBe(first.fingerprint)
    expect(opened).toEqual([5, 6].map((last) => `DNS:press-shop.local, IP Address:127.0.0.${last}`))
    host = { ...host, addresses: [] }
    await door.look()
    expect(door.view()).toBeNull()
    await door.close()
  })

  test('a look that fails while the door closes is in the log', async () => {
    const warned: string[] = []
    const none = { ...host, addresses: [] as string[] }
    let names = none
    const door = new LanDoor({
      folder: path.join(dir, 'door'),
      port: 0,
      host: () => names,
      serve: () => {
        throw new Error('no server')
      },
      log: { ...log, info: () => undefined, warn: (_: object, text: string) => warned.push(text) } as never,
      now: () => Date.now(),
    })
    await door.open()
    names = { ...host, addresses: ['127.0.0.5'] }
    const look = door.look()
    const closed = door.close()
    await expect(look).rejects.toThrow('no server')
    await closed
    expect(warned).toContain('the last look for addresses failed')
  })

  test.each([
    ['a certificate of its own', ['--tls-cert', 'a.crt', '--tls-key', 'a.key']],
    ['plain HTTP on the network', ['--http', '0.0.0.0:0']],
  ])('is refused with %s', async (_what, argv) => {
    await expect(start(...argv)).rejects.toThrow(OperatorError)
    await stop()
  })
})
