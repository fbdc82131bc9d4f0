/** People and API tokens: the administrator's matters, which never touch a figure. */
import type { z } from 'zod'
import type { PersonRow, TokenRow } from '#contract/rest.ts'
import type { PersonRecord, TokenRecord } from '#store/people/people.ts'
import { isRole } from '../auth/identity.ts'
import { addPerson, addToken, changePerson, type Wrong } from '../auth/staff.ts'
import type { Ports } from '../ports.ts'
import { refuse, type Refused } from './problem.ts'
import { serve } from './serve.ts'

const firmsOf = (firms: readonly string[] | null) => (firms === null ? null : [...firms])
const roleOf = (role: string) => {
  if (!isRole(role)) throw new Error(`people.db holds an unknown role: ${role}`)
  return role
}
const personRow = (person: PersonRecord): z.infer<typeof PersonRow> => ({
  name: person.name,
  role: roleOf(person.role),
  firms: firmsOf(person.firms),
  disabled: person.disabled,
  createdAt: person.createdAt,
  lastSeenAt: person.lastSeenAt,
})
const tokenRow = (token: TokenRecord): z.infer<typeof TokenRow> => ({
  id: token.id,
  name: token.name,
  role: roleOf(token.role),
  firms: firmsOf(token.firms),
  createdAt: token.createdAt,
  lastUsedAt: token.lastUsedAt,
})

const STATUS: Record<Wrong['wrong'], number> = {
  'unknown-person': 404,
  'name-taken': 409,
  'last-administrator': 409,
  'weak-password': 400,
  'firms-needed': 400,
}
const refused = ({ wrong, detail }: Wrong): Refused => refuse(STATUS[wrong], wrong, detail)

export const people = (ports: Ports, changed: () => void) =>
  serve<'people' | 'personAdd' | 'personChange' | 'tokens' | 'tokenAdd' | 'tokenRevoke'>(ports, {
    people: () => ({ body: ports.people.people().map(personRow) }),

    personAdd: async ({ who, body }) => {
      const result = await addPerson(ports.people, body, who.name, ports.now())
      if ('wrong' in result) return refused(result)
      return { body: { ...personRow(result.person), ...(result.made ? { password: result.made } : {}) } }
    },

    personChange: async ({ who, at, body }) => {
      const result = await changePerson(ports.people, at['name']!, body, who.name, ports.now())
      if ('wrong' in result) return refused(result)
      changed()
      return { body: { ...personRow(result.person), ...(result.made ? { password: result.made } : {}) } }
    },

    tokens: () => ({ body: ports.people.tokens().map(tokenRow) }),

    tokenAdd: ({ who, body }) => {
      const result = addToken(ports.people, body, who.name, ports.now())
      if ('wrong' in result) return refused(result)
      return { body: { ...tokenRow(result.token), token: result.secret } }
    },

    tokenRevoke: ({ who, at }) => {
      if (!/^\d{1,15}$/.test(at['id']!)) return refuse(404)
      if (!ports.people.revokeToken(Number(at['id']), who.name, ports.now())) return refuse(404)
      changed()
      return { body: null }
    },
  })
