/**
 * Puts the handlers behind the table of contract/routes.ts. For every route in this order: who asks (401), which firm (404), may they
 * (403), query and body (400), the handler, the fields this role may see, the shape of the answer. A key that the shape does not have
 * cannot leave.
 */
import { Router, type Request, type Response } from 'express'
import type { z } from 'zod'
import {
  ROUTES,
  type AnswerOf,
  type BodyOf,
  type QueryOf,
  type RouteName,
  type RouteShape,
} from '#contract/routes.ts'
import { identify, isSecure, type Principal } from '../auth/identity.ts'
import { visible } from '../auth/fields.ts'
import { may } from '../auth/may.ts'
import { inScope } from '../auth/scope.ts'
import type { Ports } from '../ports.ts'
import { crowdOf } from './limits.ts'
import { originOf } from './origin.ts'
import { refuse, sendProblem, type Fault, type Refused } from './problem.ts'
import { textOf } from './text.ts'
import { readUpload } from './upload.ts'

export type Call<N extends RouteName> = {
  /** Set on every route but those that anyone may ask. */
  readonly who: Principal
  /** Path parts by name, decoded; `firm` is known and in scope. */
  readonly at: Readonly<Record<string, string>>
  readonly query: QueryOf<N>
  readonly body: (typeof ROUTES)[N] extends { upload: true } ? BodyOf<N> | undefined : BodyOf<N>
  /** What was sent in place of a body, on routes that take a file. */
  readonly file: Buffer | null
  readonly request: Request
  readonly response: Response
}
/** An answer of a route whose shape names a media type. */
export type FileAnswer = { readonly file: Uint8Array; readonly name: string }
export type Answer<T> = { readonly status?: 200 | 201 | 202; readonly body: T } | Refused
type AnswerTo<K extends RouteName> = (typeof ROUTES)[K] extends { file: string }
  ? FileAnswer | Refused
  : Answer<AnswerOf<K>>
export type Handlers<N extends RouteName> = {
  readonly [K in N]: (call: Call<K>) => Promise<AnswerTo<K>> | AnswerTo<K>
}

/** Routes of one noun. */
export function serve<N extends RouteName>(ports: Ports, handlers: Handlers<N>): Router {
  const router = Router({ caseSensitive: true, strict: true })
  for (const name of Object.keys(handlers) as N[]) {
    const shape: RouteShape = ROUTES[name]
    const path = shape.path.replace(/\{(\w+)\}/g, ':$1')
    router[shape.method](path, async (request, response) => {
      const result = await answer(
        ports,
        name,
        shape,
        handlers[name] as unknown as AnyHandler,
        request,
        response,
      )
      if ('refused' in result) return sendProblem(response, result)
      if ('file' in result)
        return void response.attachment(result.name).type(shape.file!).send(Buffer.from(result.file))
      if (shape.answer === null) return void response.status(204).end()
      const text = await textOf(shape.answer, result.body)
      response
        .status(result.status ?? (shape.created ? 201 : 200))
        .type('json')
        .send(text)
    })
  }
  return router
}

type AnyAnswer = Answer<unknown> | FileAnswer
type AnyHandler = (call: unknown) => Promise<AnyAnswer> | AnyAnswer

async function answer(
  ports: Ports,
  name: RouteName,
  shape: RouteShape,
  handler: AnyHandler,
  request: Request,
  response: Response,
): Promise<AnyAnswer> {
  response.setHeader('cache-control', 'no-store')
  // A cookie goes along with whatever a foreign page sends; a Bearer token does not.
  if (
    shape.method !== 'get' &&
    request.headers.authorization === undefined &&
    originOf(request.headers) === 'foreign'
  )
    return refuse(403, 'foreign-origin')
  const who = identify(ports.people, request.headers, isSecure(request), ports.now())
  if (!who && shape.needs !== 'anyone') return refuse(401)
  const at = request.params as Record<string, string>
  const { firm } = at
  if (who && firm !== undefined && !(inScope(who, firm) && ports.ledgers.of(firm))) return refuse(404)
  if (who && !hasRight(who, shape)) return refuse(403)
  const query = shape.query?.safeParse(request.query)
  if (query?.error) return { ...refuse(400, 'bad-query'), errors: faultsOf(query.error) }
  const leave = crowdOf(ports).enter(name, who?.name ?? '')
  if (leave === null) {
    response.setHeader('retry-after', '1')
    return refuse(429, 'too-many-at-once', 'too many costly questions are under way: ask again in a second')
  }
  try {
    return await handled(shape, name, handler, { who, at, query: query?.data, request, response })
  } finally {
    leave()
  }
}

type Asked = Pick<Call<RouteName>, 'at' | 'request' | 'response'> & {
  readonly who: Principal | null
  readonly query: unknown
}

async function handled(
  shape: RouteShape,
  name: RouteName,
  handler: AnyHandler,
  asked: Asked,
): Promise<AnyAnswer> {
  const { request, who } = asked
  const file = shape.upload && hasFile(request) ? await readUpload(request) : null
  if (file && 'refused' in file) return file
  const body = file ? undefined : shape.body?.safeParse(request.body ?? {})
  if (body?.error) return { ...refuse(400, 'bad-body'), errors: faultsOf(body.error) }
  const result = await handler({ ...asked, body: body?.data, file })
  if ('refused' in result || 'file' in result || !who) return result
  return { ...result, body: visible(who.role, name, result.body) }
}

const hasFile = (request: Request): boolean =>
  !request.is('application/json') &&
  (request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0)

const hasRight = (who: Principal, { needs }: RouteShape): boolean =>
  needs === 'anyone' || needs === 'self' || needs === 'handler' || may(who, needs)

const faultsOf = (error: z.ZodError): Fault[] =>
  error.issues.slice(0, 20).map(({ path, message }) => ({
    path: path.map(String).join('.').slice(0, 200),
    message: message.slice(0, 200),
  }))
