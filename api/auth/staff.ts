/** Adding and changing people and tokens: the same rules for REST, the local socket and the command line. */
import type { z } from 'zod'
import type { Role } from '#contract/control.ts'
import type { PersonChange, PersonPut, TokenPut } from '#contract/people.ts'
import type { Instant } from '#domain/time.ts'
import type { PeopleStore, PersonRecord, TokenRecord } from '#store/people/people.ts'
import { isRole } from './identity.ts'
import { hashPassword, makePassword, weakness } from './passwords.ts'
import { mayHaveAllFirms } from './scope.ts'
import { makeSecret, secretHash } from './secrets.ts'

export type Wrong = {
  readonly wrong: 'unknown-person' | 'name-taken' | 'last-administrator' | 'weak-password' | 'firms-needed'
  readonly detail: string
}
/** `made`: a password that was made here and can be shown this once. */
export type PersonDone = { readonly person: PersonRecord; readonly made?: string }

const wrong = (name: Wrong['wrong'], detail: string): Wrong => ({ wrong: name, detail })
const firmsNeeded = wrong('firms-needed', 'only an administrator or a reviewer can be given every firm')

export async function addPerson(
  people: PeopleStore,
  draft: z.infer<typeof PersonPut>,
  by: string,
  now: Instant,
): Promise<PersonDone | Wrong> {
  if (draft.firms === null && !mayHaveAllFirms(draft.role)) return firmsNeeded
  if (people.person(draft.name)) return wrong('name-taken', 'somebody already has this name')
  const secret = await passwordOf(draft.name, draft.password)
  if ('wrong' in secret) return secret
  const { role, firms, disabled = false } = draft
  if (!people.addPerson({ name: draft.name, role, firms, disabled, hash: secret.hash }, by, now))
    return wrong('name-taken', 'somebody already has this name')
  return done(people, draft.name, secret.made)
}

/** Ends the person's sessions. The last administrator can be neither disabled nor given another role. */
export async function changePerson(
  people: PeopleStore,
  name: string,
  change: z.infer<typeof PersonChange>,
  by: string,
  now: Instant,
): Promise<PersonDone | Wrong> {
  if (!people.person(name)) return wrong('unknown-person', 'there is nobody of this name')
  const secret =
    change.password !== undefined || change.newPassword ? await passwordOf(name, change.password) : null
  if (secret && 'wrong' in secret) return secret
  // Read after the wait: what is decided here must hold at the moment of writing.
  const old = people.person(name)
  if (!old) return wrong('unknown-person', 'there is nobody of this name')
  const role = change.role ?? old.role
  const firms = change.firms === undefined ? old.firms : change.firms
  const disabled = change.disabled ?? old.disabled
  if (firms === null && !(isRole(role) && mayHaveAllFirms(role))) return firmsNeeded
  const wasOne = old.role === 'administrator' && !old.disabled
  const staysOne = role === 'administrator' && !disabled
  if (wasOne && !staysOne && people.countOf('administrator') === 1)
    return wrong('last-administrator', 'somebody must stay administrator')
  people.changePerson(name, { role, firms, disabled, ...(secret ? { hash: secret.hash } : {}) }, by, now)
  return done(people, name, secret?.made)
}

/** The secret is shown once: here. */
export function addToken(
  people: PeopleStore,
  draft: z.infer<typeof TokenPut>,
  by: string,
  now: Instant,
): { readonly token: TokenRecord; readonly secret: string } | Wrong {
  if (draft.firm === null && !mayHaveAllFirms(draft.role)) return firmsNeeded
  const secret = makeSecret('byt')
  const firms = draft.firm === null ? null : [draft.firm]
  const token = people.addToken(
    { name: draft.name, role: draft.role satisfies Role, firms, hash: secretHash(secret) },
    by,
    now,
  )
  return { token, secret }
}

async function passwordOf(
  name: string,
  given: string | undefined,
): Promise<{ readonly hash: string; readonly made?: string } | Wrong> {
  if (given === undefined) {
    const made = makePassword()
    return { hash: await hashPassword(made), made }
  }
  const weak = weakness(given, name)
  return weak ? wrong('weak-password', weak) : { hash: await hashPassword(given) }
}

function done(people: PeopleStore, name: string, made: string | undefined): PersonDone {
  const person = people.person(name)
  if (!person) throw new Error('a person vanished while being written')
  return made === undefined ? { person } : { person, made }
}
