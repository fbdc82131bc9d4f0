/** The local CA: limited to this host, held against it by the TLS of Node itself; and when a kept certificate is replaced. */
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { NetworkInterfaceInfo } from 'node:os'
import tls from 'node:tls'
import { describe, expect, test } from 'vitest'
import { DAY } from '#domain/time.ts'
import { issue, makeAuthority, VALID_MS } from '../../api/lan/certificate.ts'
import { whyRenew } from '../../api/lan/kept.ts'
import { hostNames, type HostNames } from '../../api/lan/network.ts'

const HOST: HostNames = { name: 'press-shop.local', addresses: ['192.168.7.20', '10.4.0.9'] }
const NOW = Date.now()
const issued = issue(HOST, NOW)

/** What a client that trusts `ca` says of a server called `name`: null, or why it refuses. */
async function askedAs(
  name: string,
  { ca, certificate, key }: { ca: string; certificate: string; key: string },
): Promise<string | null> {
  const server = tls.createServer({ cert: certificate, key }, (socket) => socket.end())
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = tls.connect({ port, host: '127.0.0.1', ca, servername: '', checkServerIdentity })
  function checkServerIdentity(_host: string, peer: tls.PeerCertificate): Error | undefined {
    return tls.checkServerIdentity(name, peer)
  }
  try {
    await once(client, 'secureConnect')
    return null
  } catch (error) {
    return (error as Error).message
  } finally {
    client.destroy()
    server.close()
  }
}

describe('T21 a client that trusts the local CA', () => {
  test.each([
    ['the name', 'press-shop.local', null],
    ['an address', '192.168.7.20', null],
    ['the other address', '10.4.0.9', null],
    ['another host', 'other.local', expect.stringContaining('does not match')],
    ['another address', '192.168.7.21', expect.stringContaining('does not match')],
  ])('reaches this host by its names alone: %s', async (_what, name, refusal) => {
    const said = await askedAs(name, issued)
    expect(said).toEqual(refusal)
  })

  // Whoever had the key of the CA could sign these; the clients refuse them all the same.
  test.each<[string, HostNames]>([
    ['another name', { name: 'bank.example', addresses: [] }],
    ['a name that ends alike', { name: 'xpress-shop.local', addresses: [] }],
    ['another address', { name: HOST.name, addresses: ['192.168.7.21'] }],
    ['an IPv6 address', { name: HOST.name, addresses: ['fd00::1'] }],
  ])('believes it for no other host: %s', async (_what, names) => {
    const authority = makeAuthority(HOST, NOW)
    const forged = { ca: authority.ca, ...authority.signFor(names) }
    const name = names.addresses[0] ?? names.name
    expect(await askedAs(name, forged)).toMatch(/^(?:permitted|excluded) subtree violation$/)
    // It is the constraint that refuses: the name itself is in the certificate.
    const own = new X509Certificate(forged.certificate)
    expect(own.checkHost(name) ?? own.checkIP(name)).toBe(name)
  })

  test('is told its limits: a CA for one level, critical constraints, servers only, not too long', () => {
    const ca = new X509Certificate(issued.ca)
    const own = new X509Certificate(issued.certificate)
    expect([ca.ca, own.ca]).toEqual([true, false])
    expect(ca.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
    expect(own.subjectAltName).toBe('DNS:press-shop.local, IP Address:192.168.7.20, IP Address:10.4.0.9')
    // nameConstraints (2.5.29.30) and basicConstraints (2.5.29.19) with critical TRUE; the latter CA:TRUE, pathlen 0.
    expect(ca.raw.includes(Buffer.from('0603551d1e0101ff', 'hex'))).toBe(true)
    expect(ca.raw.includes(Buffer.from('0603551d130101ff040830060101ff020100', 'hex'))).toBe(true)
    expect(own.validToDate.getTime() - own.validFromDate.getTime()).toBeLessThan(825 * DAY)
  })
})

test.each<[string, HostNames, number, string | null]>([
  ['nothing changed', HOST, 0, null],
  ['an address went away', { ...HOST, addresses: ['10.4.0.9'] }, 0, null],
  ['an address came', { ...HOST, addresses: ['10.4.0.9', '10.4.0.10'] }, 0, 'address'],
  ['the host was renamed', { ...HOST, name: 'office.local' }, 0, 'name'],
  ['31 days are left', HOST, VALID_MS - 31 * DAY, null],
  ['29 days are left', HOST, VALID_MS - 29 * DAY, 'dates'],
  ['the clock went back', HOST, -DAY, 'dates'],
])('a certificate is replaced when it must: %s', (_what, host, later, why) => {
  expect(whyRenew(issued, host, NOW + later)).toBe(why)
})

test('a certificate that does not fit its key or its CA is replaced', () => {
  const other = issue(HOST, NOW)
  expect(whyRenew({ ...issued, key: other.key }, HOST, NOW)).toBe('unusable')
  expect(whyRenew({ ...issued, ca: other.ca }, HOST, NOW)).toBe('unusable')
  expect(whyRenew({ ...issued, certificate: 'half a fi' }, HOST, NOW)).toBe('unusable')
})

const at = (address: string, internal = false): NetworkInterfaceInfo => ({
  address,
  netmask: '255.255.255.0',
  mac: '00:00:00:00:00:00',
  cidr: null,
  internal,
  family: 'IPv4',
})

test('the page is for the local network: private addresses of real devices', () => {
  const found = hostNames(
    {
      lo: [at('127.0.0.1', true)],
      eth0: [at('192.168.1.5'), at('203.0.113.7')],
      wlan0: [at('10.0.0.3'), at('172.15.0.1'), at('172.31.9.9')],
      docker0: [at('172.17.0.1')],
    },
    'Press_Shop PC.works.example',
  )
  expect(found).toEqual({
    name: 'press-shop-pc.local',
    addresses: ['192.168.1.5', '10.0.0.3', '172.31.9.9'],
  })
  expect(hostNames({}, '冲压').name).toBe('baiyuan.local')
})
