/** Who may say and hear what, as tables. */
import { describe, expect, test } from 'vitest'
import { identify, Attempts, connackOf, type Hello } from '../../broker/authenticate.ts'
import { installationPolicy, mirrorFirm } from '../../broker/authorize.ts'
import { addDevice, isRefused } from '../../broker/devices.ts'
import { openCredentials, type Account } from '#store/credentials/credentials.ts'

const LATHE = 'demo-a/main/machining/l1/lathe-07'
const account = (more: Partial<Account>): Account => ({
  kind: 'device',
  path: LATHE,
  clientId: 'lathe',
  username: 'lathe',
  hash: Buffer.alloc(32),
  machines: [LATHE],
  firms: [],
  mirror: false,
  created: 0,
  rotated: 0,
  removed: false,
  ...more,
})
const device = account({})
const gateway = account({ kind: 'gateway', machines: [LATHE, 'demo-a/main/machining/l1/mill-02'] })
const reader = account({ kind: 'service', machines: [], firms: ['demo-a'] })
const mirror = account({ kind: 'service', machines: [], firms: ['*'], mirror: true })
const { maySay, mayRetain, mayHear, mayForward } = installationPolicy

describe('may say', () => {
  test.each(['telemetry', 'count', 'state', 'event'])('a device its own %s', (name) => {
    expect(maySay(device, `v1/${LATHE}/${name}`)).toBe('journal')
    expect(maySay(gateway, `v1/demo-a/main/machining/l1/mill-02/${name}`)).toBe('journal')
    expect(maySay(device, `v1/demo-a/main/machining/l1/mill-02/${name}`)).toBe('deny')
  })
  test.each([
    `v1/${LATHE}/status`,
    `v1/${LATHE}/count/`,
    `v1/${LATHE}//count`,
    `/v1/${LATHE}/count`,
    `V1/${LATHE}/count`,
    `v1/${LATHE.toUpperCase()}/count`,
    `v1/${LATHE}/Count`,
    `v1/${LATHE}/../${LATHE}/count`,
    `v1/demo-а/main/machining/l1/lathe-07/count`,
    `v1/demo-b/main/machining/l1/lathe-07/count`,
    `v2/${LATHE}/count`,
    'control/demo-a/plant.put',
    'tick/demo-a',
    '$SYS/x/new/clients',
    '__proto__',
    '',
  ])('T1 a device not %s', (topic) => expect(maySay(device, topic)).toBe('deny'))
  test('an account that was taken away nothing', () => {
    expect(maySay(account({ removed: true }), `v1/${LATHE}/count`)).toBe('deny')
  })
  test('the mirror is for the service that is marked for it', () => {
    expect(maySay(mirror, `v1/${LATHE}/status`)).toBe('mirror')
    expect(maySay(mirror, `v1/${LATHE}/kpi/oee`)).toBe('mirror')
    expect(maySay(mirror, `v1/${LATHE}/count`)).toBe('deny')
    expect(maySay(reader, `v1/${LATHE}/status`)).toBe('deny')
  })
})

test('T15 only the mirror and a device’s own state may be retained', () => {
  expect(mayRetain(device, `v1/${LATHE}/state`, 'journal')).toBe(true)
  for (const name of ['count', 'telemetry', 'event'])
    expect(mayRetain(device, `v1/${LATHE}/${name}`, 'journal')).toBe(false)
  expect(mayRetain(mirror, `v1/${LATHE}/status`, 'mirror')).toBe(true)
})

describe('may hear', () => {
  test.each(['v1/demo-a/+/+/+/+/status', `v1/${LATHE}/kpi/+`, 'v1/demo-a/main/+/l1/+/alarm/+'])(
    'a service its firm’s %s',
    (filter) => {
      expect(mayHear(reader, filter)).toBe(true)
      expect(mayHear(device, filter)).toBe(false)
      expect(mayHear(account({ kind: 'service', firms: ['demo-b'] }), filter)).toBe(false)
    },
  )
  test.each([
    '#',
    '+/#',
    'v1/#',
    'v1/demo-a/#',
    'v1/+/+/+/+/+/status',
    'v1/demo-b/+/+/+/+/status',
    'v1/demo-a/+/+/+/+/+',
    'v1/demo-a/+/+/+/+/count',
    'v1/demo-a/+/+/+/+/kpi/#',
    '$SYS/#',
    '$share/g/v1/demo-a/+/+/+/+/status',
    'control/demo-a/+',
    '',
  ])('T3 nobody %s', (filter) => {
    expect(mayHear(reader, filter)).toBe(false)
    expect(mayHear(device, filter)).toBe(false)
  })
  test('T4 a right that ended ends at the next message', () => {
    const changing = account({ kind: 'service', machines: [], firms: ['demo-a'] })
    expect(mayForward(changing, `v1/${LATHE}/status`)).toBe(true)
    changing.firms = ['demo-b']
    expect(mayForward(changing, `v1/${LATHE}/status`)).toBe(false)
  })
})

test('the firm of a mirror topic', () => {
  expect(mirrorFirm(`v1/${LATHE}/alarm/overheat`)).toBe('demo-a')
  expect(mirrorFirm('v1/demo-a/+/+/+/+/status')).toBeNull()
  expect(mirrorFirm('v1/demo-a/+/+/+/+/status', true)).toBe('demo-a')
})

describe('T20 who a connection is', () => {
  const credentials = openCredentials(':memory:')
  const issue = (path: string) => {
    const secret = addDevice(credentials, { path }, 0)
    if (isRefused(secret)) throw new Error(secret.error)
    return secret
  }
  const lathe = issue(LATHE)
  const mill = issue('demo-a/main/machining/l1/mill-02')
  const hello = (more: Partial<Hello>): Hello => ({
    clientId: lathe.clientId,
    username: lathe.username,
    password: Buffer.from(lathe.password),
    address: '10.0.0.1',
    certificate: null,
    ...more,
  })
  const who = (more: Partial<Hello>, attempts = new Attempts(), now = 0) => {
    const found = identify(hello(more), credentials, attempts, now)
    return 'account' in found ? found.account.username : found.refused
  }

  test('the right secret, from the right client id', () => expect(who({})).toBe(lathe.username))
  test('a wrong secret, an unknown account and no account at all are answered alike', () => {
    for (const wrong of [
      { password: Buffer.from('x') },
      { username: 'nobody' },
      { username: undefined },
      { password: undefined },
    ])
      expect(who(wrong)).toBe('bad_credentials')
    expect(connackOf('bad_credentials')).toBe(5)
  })
  test('T2 the right secret from another’s client id', () => {
    expect(who({ clientId: mill.clientId })).toBe('client_id_of_another')
    expect(connackOf('client_id_of_another')).toBe(2)
  })
  test('a client certificate stands for its account, and for no other', () => {
    expect(who({ certificate: lathe.username, username: undefined, password: undefined })).toBe(
      lathe.username,
    )
    expect(who({ certificate: mill.username, password: undefined })).toBe('bad_credentials')
    expect(who({ certificate: 'stranger', username: undefined, password: undefined })).toBe('bad_credentials')
  })
  test('20 wrong tries within a minute bar the account from that address, for a minute', () => {
    const attempts = new Attempts()
    for (let i = 0; i < 20; i++)
      expect(who({ password: Buffer.from('x') }, attempts, i)).toBe('bad_credentials')
    expect(who({}, attempts, 30_000)).toBe('too_many_attempts')
    expect(who({ address: '10.0.0.2' }, attempts, 30_000)).toBe(lathe.username)
    expect(who({}, attempts, 60_100)).toBe(lathe.username)
  })
  test('20 wrong tries over many accounts bar the address, but not the devices that are known there', () => {
    const attempts = new Attempts()
    expect(who({}, attempts, 0)).toBe(lathe.username)
    for (let i = 0; i < 20; i++) who({ username: `guess-${i}` }, attempts, i)
    expect(who({ username: 'guess-99' }, attempts, 1000)).toBe('too_many_attempts')
    const other = { clientId: mill.clientId, username: mill.username, password: Buffer.from(mill.password) }
    expect(who(other, attempts, 1000)).toBe('too_many_attempts')
    expect(who({}, attempts, 1000)).toBe(lathe.username)
  })
  test('memory stays bounded under a flood of names', () => {
    const attempts = new Attempts()
    for (let i = 0; i < 50_000; i++) attempts.failed(`10.1.${i >> 8}.${i & 255}`, `u${i}`, 0)
    expect(attempts.size).toBeLessThanOrEqual(10_000)
  })
})
