/** api.sock: what the operator's command line asks, and what the supervisor asks for the first sign-in. */
import { z } from 'zod'
import { FiguresQuery } from '#contract/figures.ts'
import { PersonPut, TokenPut } from '#contract/people.ts'
import type { LocalAnswer, LocalRoutes } from '#runtime/local.ts'
import type { Registry } from 'prom-client'
import { addPerson, addToken, changePerson } from './auth/staff.ts'
import { accountsOf } from './figures/accounts.ts'
import { isRefused } from './figures/days.ts'
import { figureRows } from './figures/windows.ts'
import { ownChecks } from './installation.ts'
import type { Ports } from './ports.ts'

/** The author of what is done over the local socket: whoever may open it is the operator. */
const OPERATOR = 'operator:local'

const NewToken = TokenPut.partial({ name: true, firm: true })
const NewPassword = z.strictObject({ name: PersonPut.shape.name, password: PersonPut.shape.password })

/** What is asked about people: served while the api runs, called directly by the command line when it does not. */
export function peopleAnswers(
  { people, now }: Pick<Ports, 'people' | 'now'>,
  changed: () => void,
): Record<string, (body: unknown) => Promise<LocalAnswer> | LocalAnswer> {
  return {
    'GET /users': () => ({
      body: people.people().map(({ name, role, firms, disabled }) => ({ name, role, firms, disabled })),
    }),
    'POST /users': (body) =>
      checked(PersonPut, body, async (draft) => {
        const result = await addPerson(people, draft, OPERATOR, now())
        if ('wrong' in result) return { status: 400, body: { error: result.detail } }
        return { body: { name: result.person.name, ...(result.made ? { password: result.made } : {}) } }
      }),
    'POST /users/password': (body) =>
      checked(NewPassword, body, async ({ name, password }) => {
        const change = password === undefined ? { newPassword: true as const } : { password }
        const result = await changePerson(people, name, change, OPERATOR, now())
        if ('wrong' in result) return { status: 400, body: { error: result.detail } }
        changed()
        return { body: { name: result.person.name, ...(result.made ? { password: result.made } : {}) } }
      }),
    'POST /tokens': (body) =>
      checked(NewToken, body, ({ name, role, firm = null }) => {
        const draft = { name: name ?? `${role} by command line`, role, firm }
        const result = addToken(people, draft, OPERATOR, now())
        if ('wrong' in result) return { status: 400, body: { error: result.detail } }
        return { body: { token: result.secret } }
      }),
  }
}

export function localRoutes(ports: Ports, registry: Registry, changed: () => void): LocalRoutes {
  return {
    answers: {
      ...peopleAnswers(ports, changed),
      'GET /health': () => {
        const checks = ownChecks(ports)
        return { body: { process: 'api', ok: Object.values(checks).every(({ ok }) => ok), checks } }
      },
      'GET /ready': () => ({
        status: ports.upstream.alive ? 200 : 503,
        body: { ready: ports.upstream.alive },
      }),
      'GET /metrics': async () => ({ text: await registry.metrics(), type: registry.contentType }),
      'GET /figures': async (_body, search) => {
        const query = FiguresQuery.safeParse(
          Object.fromEntries([...search].filter(([name]) => name !== 'firm')),
        )
        if (!query.success) return { status: 400, body: { error: 'no figures can be asked for so' } }
        const rows = await figureRows(ports, accountsOf(ports), search.get('firm') ?? '', query.data)
        if (isRefused(rows)) return { status: rows.refused, body: { error: rows.detail ?? 'refused' } }
        return { body: rows }
      },
      'GET /sign-in': () => {
        const path = ports.setup.path(ports.now())
        return { body: path === null ? null : { path } }
      },
    },
  }
}

async function checked<S extends z.ZodType>(
  shape: S,
  body: unknown,
  run: (value: z.infer<S>) => Promise<LocalAnswer> | LocalAnswer,
): Promise<LocalAnswer> {
  const parsed = shape.safeParse(body)
  if (parsed.success) return run(parsed.data)
  const why = parsed.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`)
  return { status: 400, body: { error: why.join('; ') } }
}
