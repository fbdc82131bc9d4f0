/** The credentials file: secrets only as hashes, one owner, the same after it is opened again. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import {
  addDevice,
  isRefused,
  listDevices,
  putService,
  removeDevice,
  rotateDevice,
} from '../../broker/devices.ts'
import { isSecretOf, openCredentials } from '#store/credentials/credentials.ts'

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'credentials-'))
afterAll(() => fs.rmSync(dir, { recursive: true }))
const LATHE = 'demo-a/main/machining/l1/lathe-07'
const NOW = 1_795_500_420_000
const secretOf = <T extends object>(answer: T): Exclude<T, { status: number }> => {
  if (isRefused(answer)) throw new Error(answer.error)
  return answer as Exclude<T, { status: number }>
}

test('T20 a secret is 160 random bits, shown once, and kept as a hash that survives opening again', () => {
  const file = path.join(dir, 'a.db')
  const first = openCredentials(file)
  const secret = secretOf(addDevice(first, { path: LATHE }, NOW))
  expect(Buffer.from(secret.password, 'base64url')).toHaveLength(20)
  first.close()
  expect(fs.readFileSync(file).includes(secret.password)).toBe(false)

  const again = openCredentials(file)
  const account = again.find(secret.username)!
  expect(account).toMatchObject({ path: LATHE, clientId: secret.clientId, machines: [LATHE], created: NOW })
  expect(isSecretOf(account, secret.password)).toBe(true)
  expect(isSecretOf(account, `${secret.password}x`)).toBe(false)
  expect(isSecretOf(undefined, secret.password)).toBe(false)
  again.close()
})

test('a second process is refused while one holds the file', () => {
  const file = path.join(dir, 'b.db')
  const owner = openCredentials(file)
  expect(() => openCredentials(file)).toThrow(/locked/)
  owner.close()
  openCredentials(file).close()
})

test('rotate ends the old secret, remove ends the account', () => {
  const credentials = openCredentials(path.join(dir, 'c.db'))
  const old = secretOf(addDevice(credentials, { path: LATHE }, NOW))
  const { account, secret } = secretOf(rotateDevice(credentials, LATHE, NOW + 1))
  expect(isSecretOf(account, old.password)).toBe(false)
  expect(isSecretOf(account, secret.password)).toBe(true)
  expect(account.rotated).toBe(NOW + 1)
  secretOf(removeDevice(credentials, LATHE))
  expect(isSecretOf(account, secret.password)).toBe(false)
  expect(credentials.find(secret.username)).toBeUndefined()
  expect(listDevices(credentials)).toEqual([])
  credentials.close()
})

test('a gateway lists machines of its firm, with or without the firm’s name', () => {
  const credentials = openCredentials(':memory:')
  secretOf(
    addDevice(credentials, { path: 'demo-a/gw-1', machines: ['main/machining/l1/mill-02', LATHE] }, NOW),
  )
  expect(listDevices(credentials)).toEqual([
    { path: 'demo-a/gw-1', clientId: 'demo-a.gw-1', machines: ['demo-a/main/machining/l1/mill-02', LATHE] },
  ])
  credentials.close()
})

test.each([
  [{ path: undefined }, 400],
  [{ path: 'demo-a' }, 400],
  [{ path: 'demo-a/a/b' }, 400],
  [{ path: 'Demo-A/gw', machines: [LATHE] }, 400],
  [{ path: 'demo-a/gw-1' }, 400],
  [{ path: 'demo-a/gw-1', machines: ['demo-b/main/machining/l1/lathe-07'] }, 400],
  [{ path: 'demo-a/gw-1', machines: ['main/lathe-07'] }, 400],
  [{ path: 'demo-a/gw-1', machines: [7] }, 400],
  [{ path: 'demo-a/gw-1', machines: LATHE }, 400],
  [{ path: LATHE }, 409],
])('%j is refused with %i', (wanted, status) => {
  const credentials = openCredentials(':memory:')
  secretOf(addDevice(credentials, { path: LATHE }, NOW))
  expect(addDevice(credentials, wanted, NOW)).toMatchObject({ status })
  credentials.close()
})

test('a service account put again has a new secret and new rights', () => {
  const credentials = openCredentials(path.join(dir, 'd.db'))
  const first = secretOf(putService(credentials, { name: 'report', firms: ['demo-a'] }, NOW))
  const second = secretOf(putService(credentials, { name: 'report', firms: ['demo-b'], mirror: true }, NOW))
  expect([first.changed, second.changed]).toEqual([false, true])
  expect(second.account).toBe(first.account)
  expect(second.account).toMatchObject({ firms: ['demo-b'], mirror: true })
  expect(isSecretOf(second.account, first.secret.password)).toBe(false)
  expect(putService(credentials, { name: 'Bad Name', firms: [] }, NOW)).toMatchObject({ status: 400 })
  expect(putService(credentials, { name: 'report', firms: 'demo-a' }, NOW)).toMatchObject({ status: 400 })
  expect(rotateDevice(credentials, 'service:report', NOW)).toMatchObject({ status: 404 })
  credentials.close()
})
