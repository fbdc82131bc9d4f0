/** Who may, which firms, which fields, and how secrets are kept. */
import { expect, test } from 'vitest'
import { CONTROL_KINDS, ROLES, type ControlKind } from '#contract/control.ts'
import { RIGHTS, type Right } from '#contract/rights.ts'
import { visible } from '../../api/auth/fields.ts'
import { may, mayList } from '../../api/auth/may.ts'
import { hashPassword, makePassword, passwordFits, weakness } from '../../api/auth/passwords.ts'
import { inScope } from '../../api/auth/scope.ts'
import { looksLikeSecret, makeSecret, secretHash } from '../../api/auth/secrets.ts'
import { SetupLink } from '../../api/auth/setup.ts'
import { PeopleStore } from '#store/people/people.ts'

test('a role may exactly what the tables list, and nothing unknown', () => {
  for (const [what, roles] of Object.entries({ ...CONTROL_KINDS, ...RIGHTS }) as [
    ControlKind | Right,
    string[],
  ][])
    for (const role of ROLES) expect(may({ role }, what)).toBe(roles.includes(role))
  expect(may({ role: 'administrator' }, 'toString' as Right)).toBe(false)
  expect(may({ role: 'engineer' }, '__proto__' as Right)).toBe(false)
})

test('the administrator manages people and touches no figure', () => {
  expect(mayList('administrator').filter((what) => what in CONTROL_KINDS)).toEqual([])
  expect(ROLES.filter((role) => mayList(role).includes('people'))).toEqual(['administrator'])
})

test.each([
  [{ firms: ['demo-a'] }, 'demo-a', true],
  [{ firms: ['demo-a'] }, 'demo-b', false],
  [{ firms: [] }, 'demo-a', false],
  [{ firms: null }, 'demo-b', true],
  [{ firms: null }, '../demo-b', false],
  [{ firms: ['../x'] }, '../x', false],
  [{ firms: null }, '', false],
])('%j sees %s: %s', (who, firm, expected) => {
  expect(inScope({ role: 'viewer', ...who }, firm)).toBe(expected)
})

test.each([
  ['engineer', ['demo-a'], true],
  ['administrator', [], true],
  ['administrator', null, true],
  ['manager', ['demo-a'], false],
  ['viewer', ['demo-a', 'sim-baseline-1'], true],
  ['reviewer', null, false],
] as const)('a simulation firm and a %s of %j: %s', (role, firms, expected) => {
  expect(inScope({ role, firms }, 'sim-baseline-1')).toBe(expected)
})

test('T6 what is not listed for the reviewer leaves empty, also inside lists and for keys to come', () => {
  const live = {
    machine: 'm',
    state: 'RUN',
    since: 1,
    receivedAt: 2,
    order: 'secret',
    values: { power_kw: { value: 1 } },
    recipe: { alloy: 'secret' },
    steps: ['secret'],
  }
  expect(visible('reviewer', 'live.machine', [live])).toEqual([
    { machine: 'm', state: 'RUN', since: 1, receivedAt: 2, order: null, values: {}, recipe: {}, steps: [] },
  ])
  expect(visible('reviewer', 'live.machine', [{ machine: { secret: 1 } }])).toEqual([{ machine: {} }])
  expect(visible('reviewer', 'history', { buckets: [1], unit: 'kW' })).toEqual({ buckets: [], unit: null })
  expect(visible('viewer', 'live.machine', [live])).toEqual([live])
})

test('T20 a password is kept as salted argon2id and an unknown name never fits', async () => {
  const [one, two] = await Promise.all([hashPassword('long enough 1'), hashPassword('long enough 1')])
  expect(one).toMatch(/^argon2id\$19456,2,1\$/)
  expect(one).not.toBe(two)
  expect(await passwordFits('long enough 1', one)).toBe(true)
  expect(await passwordFits('long enough 2', one)).toBe(false)
  expect(await passwordFits('long enough 1', null)).toBe(false)
  await expect(passwordFits('x', 'plain')).rejects.toThrow('unknown form')
})

test.each([
  ['short', 'li'],
  ['aaaaaaaaaaaaaa', 'li'],
  ['engineer-1-engineer-1', 'Engineer-1'],
  ['password123456', 'li'],
])('T20 %s is too weak for %s', (password, name) => {
  expect(weakness(password, name)).not.toBeNull()
})

test('T20 a made password is strong, and no two are alike', () => {
  const made = new Set(Array.from({ length: 200 }, makePassword))
  expect(made.size).toBe(200)
  for (const password of made) expect(weakness(password, 'engineer-1')).toBeNull()
})

test('T18 a secret is 256 random bits, kept as its hash, and odd strings are not even hashed', () => {
  const secret = makeSecret('byt')
  expect(looksLikeSecret(secret)).toBe(true)
  expect(Buffer.from(secret.slice(4), 'base64url')).toHaveLength(32)
  expect(secretHash(secret)).toHaveLength(32)
  for (const odd of [
    '',
    'byt_',
    secret.slice(0, -1),
    `${secret}x`,
    `bya_${secret.slice(4)}`,
    'x'.repeat(1e6),
  ])
    expect(looksLikeSecret(odd)).toBe(false)
})

const tokenOf = (path: string) => path.slice('/setup?token='.length)

test('T20 the set-up link stays the same in its time, is renewed after it, and ends with the first administrator', () => {
  const people = new PeopleStore(':memory:')
  const link = new SetupLink(people)
  const first = link.path(0)!
  expect(first).toMatch(/^\/setup\?token=byl_[\w-]{43}$/)
  expect(link.path(14 * 60_000)).toBe(first)
  const second = link.path(15 * 60_000)!
  expect(second).not.toBe(first)
  expect(link.fits(tokenOf(first), 15 * 60_000)).toBe(false)
  expect(link.fits(tokenOf(second), 15 * 60_000)).toBe(true)
  expect(link.redeem(tokenOf(second), 'administrator-1', 'hash', 15 * 60_000)).toBe('created')
  expect(link.path(16 * 60_000)).toBeNull()
  expect(link.fits(tokenOf(second), 16 * 60_000)).toBe(false)
  people.close()
})
