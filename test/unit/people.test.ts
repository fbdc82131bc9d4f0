/** people.db: people, sessions, tokens, the set-up token and the audit, in a real file. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { PeopleStore } from '#store/people/people.ts'

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'people-'))
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }))
let count = 0
let file = ''
let store: PeopleStore
beforeEach(() => {
  file = path.join(dir, `${++count}.db`)
  store = new PeopleStore(file)
})

const engineer = { name: 'engineer-1', role: 'engineer', firms: ['demo-a'], hash: 'h', disabled: false }
const bytes = (text: string) => Buffer.from(text)

test('a fresh file knows nobody', () => {
  expect(store.people()).toEqual([])
  expect(store.tokens()).toEqual([])
  expect(fs.statSync(file).mode & 0o777).toBe(0o600)
})

test('names that look alike are one person', () => {
  expect(store.addPerson({ ...engineer, name: 'Li' }, 'test', 1)).toBe(true)
  expect(store.addPerson({ ...engineer, name: 'ｌｉ' }, 'test', 1)).toBe(false)
  expect(store.person('LI')?.name).toBe('Li')
})

test('a change of rights ends the sessions of that person and of nobody else', () => {
  store.addPerson(engineer, 'test', 1)
  store.addPerson({ ...engineer, name: 'engineer-2' }, 'test', 1)
  store.addSession(bytes('one'), 'engineer-1', 1, 100)
  store.addSession(bytes('two'), 'engineer-2', 1, 100)
  expect(store.changePerson('engineer-1', { role: 'viewer' }, 'test', 2)).toBe(true)
  expect(store.session(bytes('one'), 3)).toBeNull()
  expect(store.session(bytes('two'), 3)?.person.name).toBe('engineer-2')
  expect(store.changePerson('nobody', { role: 'viewer' }, 'test', 2)).toBe(false)
})

test('a session ends on time, can be extended, and gives way to a disabled person', () => {
  store.addPerson(engineer, 'test', 1)
  store.addSession(bytes('one'), 'engineer-1', 1, 100)
  expect(store.session(bytes('one'), 99)?.expiresAt).toBe(100)
  expect(store.session(bytes('one'), 100)).toBeNull()
  store.extendSession(bytes('one'), 50, 200)
  expect(store.session(bytes('one'), 150)?.expiresAt).toBe(200)
  expect(store.person('engineer-1')?.lastSeenAt).toBe(50)
  store.changePerson('engineer-1', { disabled: true }, 'test', 60)
  store.addSession(bytes('late'), 'engineer-1', 61, 300)
  expect(store.session(bytes('late'), 62)).toBeNull()
})

test('a revoked token is unknown, and a second revocation finds none', () => {
  const { id } = store.addToken({ name: 't', role: 'viewer', firms: ['demo-a'], hash: bytes('t') }, 'test', 1)
  expect(store.token(bytes('t'))).toMatchObject({ id, role: 'viewer', firms: ['demo-a'], lastUsedAt: null })
  expect(store.revokeToken(id, 'test', 2)).toBe(true)
  expect(store.token(bytes('t'))).toBeNull()
  expect(store.revokeToken(id, 'test', 3)).toBe(false)
})

test('T20 the set-up token works once, in its time, and only while nobody administers', () => {
  const first = { ...engineer, name: 'administrator-1', role: 'administrator', firms: null }
  store.putSetup(bytes('old'), 100)
  store.putSetup(bytes('new'), 100)
  expect(store.redeemSetup(bytes('old'), first, 1)).toBe('refused')
  expect(store.redeemSetup(bytes('new'), first, 100)).toBe('refused')
  expect(store.redeemSetup(bytes('new'), first, 99)).toBe('created')
  expect(store.redeemSetup(bytes('new'), { ...first, name: 'administrator-2' }, 99)).toBe('refused')
  store.putSetup(bytes('again'), 1000)
  expect(store.redeemSetup(bytes('again'), { ...first, name: 'administrator-2' }, 101)).toBe('refused')
  expect(store.people()).toHaveLength(1)
})

test('the audit names who did what, and cannot be changed', () => {
  store.addPerson(engineer, 'administrator-1', 1)
  store.changePerson('engineer-1', { role: 'viewer' }, 'administrator-1', 2)
  expect(store.audit(10)).toMatchObject([
    { at: 2, by: 'administrator-1', act: 'person.change', subject: 'engineer-1' },
    { at: 1, by: 'administrator-1', act: 'person.add', subject: 'engineer-1' },
  ])
  store.close()
  const raw = new DatabaseSync(file)
  expect(() => raw.exec("UPDATE audit SET by = 'nobody'")).toThrow('append-only')
  expect(() => raw.exec('DELETE FROM audit')).toThrow('append-only')
  raw.close()
})

test('what was stored is there after a restart, and a newer file is refused', () => {
  store.addPerson(engineer, 'test', 1)
  store.close()
  const again = new PeopleStore(file)
  expect(again.person('engineer-1')).toMatchObject(engineer)
  again.close()
  const raw = new DatabaseSync(file)
  raw.exec('PRAGMA user_version = 99')
  raw.close()
  expect(() => new PeopleStore(file)).toThrow('newer version')
})
