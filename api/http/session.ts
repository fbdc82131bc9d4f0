/** Sign in, sign out, and the first administrator. */
import type { Request, Response } from 'express'
import type { Session } from '#contract/rest.ts'
import type { z } from 'zod'
import {
  cookieName,
  identifySecret,
  isSecure,
  openSession,
  SESSION_MS,
  type Principal,
} from '../auth/identity.ts'
import { mayList } from '../auth/may.ts'
import { hashPassword, passwordFits, weakness } from '../auth/passwords.ts'
import type { Ports } from '../ports.ts'
import { refuse } from './problem.ts'
import { serve } from './serve.ts'

const view = (who: Principal, expiresAt: number): z.infer<typeof Session> => ({
  name: who.name,
  role: who.role,
  firms: who.firms === null ? null : [...who.firms],
  may: mayList(who.role),
  expiresAt,
})

export const session = (ports: Ports, ended: (proof: string) => void) =>
  serve<'signIn' | 'session' | 'signOut' | 'setup'>(ports, {
    signIn: async ({ body, request, response }) => {
      const person = ports.people.person(body.name)
      const fits = await passwordFits(body.password, person?.hash ?? null)
      // One answer for an unknown name, a wrong password and a disabled person.
      if (!person || !fits || person.disabled) return refuse(401, 'sign-in', 'name or password is wrong')
      return { body: enter(ports, person.name, request, response) }
    },

    session: ({ who }) => ({ body: view(who, who.expiresAt ?? ports.now() + SESSION_MS) }),

    signOut: ({ who, request, response }) => {
      if (who.by === 'session') {
        ports.people.endSession(Buffer.from(who.proof, 'hex'))
        const secure = isSecure(request)
        response.clearCookie(cookieName(secure), { path: '/', secure })
        ended(who.proof)
      }
      return { body: null }
    },

    setup: async ({ body, request, response }) => {
      const closed = refuse(403, 'setup-closed', 'the link is used up, too old, or no longer needed')
      if (!ports.setup.fits(body.token, ports.now())) return closed
      const weak = weakness(body.password, body.name)
      if (weak) return { ...refuse(400, 'weak-password'), errors: [{ path: 'password', message: weak }] }
      const hash = await hashPassword(body.password)
      const result = ports.setup.redeem(body.token, body.name, hash, ports.now())
      if (result === 'refused') return closed
      if (result === 'taken') return refuse(409, 'name-taken', 'somebody already has this name')
      return { body: enter(ports, body.name, request, response) }
    },
  })

function enter(ports: Ports, name: string, request: Request, response: Response): z.infer<typeof Session> {
  const secret = openSession(ports.people, name, ports.now())
  const secure = isSecure(request)
  response.cookie(cookieName(secure), secret, {
    httpOnly: true,
    sameSite: 'strict',
    secure,
    path: '/',
    maxAge: SESSION_MS,
  })
  const who = identifySecret(ports.people, secret, ports.now())
  if (!who) throw new Error('a session ended as it began')
  return view(who, who.expiresAt ?? 0)
}
