/** Errors as RFC 9457 problem+json. A failure of ours shows an id that is in the log, and nothing else. */
import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { ErrorRequestHandler, RequestHandler, Response } from 'express'
import type { z } from 'zod'
import type { Problem } from '#contract/rest.ts'
import type { Log } from '#runtime/log.ts'
import { HistorianQueryError, type QueryFault } from '#store/historian/historian.ts'

export type Fault = { readonly path: string; readonly message: string }
/** What a handler returns in place of an answer. `name` becomes `/problems/<name>`. */
export type Refused = {
  readonly refused: number
  readonly name?: string
  readonly detail?: string
  readonly errors?: readonly Fault[]
}

export const refuse = (refused: number, name?: string, detail?: string): Refused => ({
  refused,
  ...(name ? { name } : {}),
  ...(detail ? { detail } : {}),
})

export function sendProblem(response: Response, why: Refused, instance?: string): void {
  const problem: z.infer<typeof Problem> = {
    type: why.name ? `/problems/${why.name}` : 'about:blank',
    title: STATUS_CODES[why.refused] ?? 'Error',
    status: why.refused,
    ...(why.detail ? { detail: why.detail } : {}),
    ...(why.errors ? { errors: [...why.errors] } : {}),
    ...(instance ? { instance } : {}),
  }
  if (why.refused === 401) response.setHeader('www-authenticate', 'Bearer realm="baiyuan"')
  response.status(why.refused).type('application/problem+json').send(JSON.stringify(problem))
}

const HISTORIAN_STATUS: Readonly<Record<QueryFault, number>> = {
  bad_series: 400,
  bad_range: 400,
  bad_step: 400,
  too_many_buckets: 400,
  not_supported: 501,
  unavailable: 503,
}

export const notFound: RequestHandler = (_request, response) => sendProblem(response, refuse(404))

/** The last handler: what express and its parsers throw with a 4xx status is the caller's, the rest is ours. */
export const onError =
  (log: Log): ErrorRequestHandler =>
  (error: unknown, request, response, _next) => {
    if (response.headersSent) return void response.destroy()
    // A path that cannot be decoded names nothing.
    if (error instanceof URIError) return sendProblem(response, refuse(404))
    if (error instanceof HistorianQueryError)
      return sendProblem(
        response,
        refuse(HISTORIAN_STATUS[error.fault], error.fault.replaceAll('_', '-'), error.message),
      )
    const { status, type } = (error ?? {}) as { status?: unknown; type?: unknown }
    if (typeof status === 'number' && status >= 400 && status < 500)
      return sendProblem(
        response,
        refuse(status, typeof type === 'string' ? type.replaceAll('.', '-') : undefined),
      )
    const id = randomUUID()
    // The path without its query: a set-up token may stand there.
    log.error({ err: error, failure: id, method: request.method, path: request.path }, 'request failed')
    sendProblem(response, refuse(500), id)
  }
