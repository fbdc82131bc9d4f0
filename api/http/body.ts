/**
 * Bodies before any handler: JSON only, but for routes that take a file; at most 100 kB, not compressed, at most 8 deep, 2,000 keys, and
 * no key that could reach a prototype. Depth and keys are counted on the bytes, so that a hostile body is never built.
 */
import express, { type Request, type RequestHandler } from 'express'
import { ROUTES, type RouteShape } from '#contract/routes.ts'

export const MAX_BODY_BYTES = 100 * 1024
export const MAX_BODY_DEPTH = 8
export const MAX_BODY_KEYS = 2000
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype'])

class BodyError extends Error {
  readonly status: number
  readonly type: string
  constructor(status: number, type: string) {
    super(type)
    this.status = status
    this.type = type
  }
}

/** Null, or what is wrong with the form of a JSON text. */
export function formFault(text: Uint8Array): 'too-deep' | 'too-many-keys' | null {
  let depth = 0
  let keys = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const byte = text[i]
    if (inString) {
      if (byte === 0x5c) i++
      else if (byte === 0x22) inString = false
    } else if (byte === 0x22) inString = true
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > MAX_BODY_DEPTH) return 'too-deep'
    } else if (byte === 0x7d || byte === 0x5d) depth--
    else if (byte === 0x3a && ++keys > MAX_BODY_KEYS) return 'too-many-keys'
  }
  return null
}

/** Routes to which a file may be sent: their handler reads it, when it is known who sends it. */
const UPLOADS = Object.values<RouteShape>(ROUTES)
  .filter(({ upload }) => upload)
  .map(({ method, path }) => ({ method, path: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`) }))

const isUpload = (request: Request): boolean =>
  !request.is('application/json') &&
  UPLOADS.some(({ method, path }) => request.method.toLowerCase() === method && path.test(request.path))

/** Parses `request.body`, or ends the request with a problem. */
export const jsonBody = (): RequestHandler[] => [
  (request, response, next) => {
    if (isUpload(request)) return next()
    const length = request.headers['content-length']
    const hasBody =
      request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
    if (Number(length) > MAX_BODY_BYTES) {
      response.setHeader('connection', 'close') // what is still under way is not read
      return next(new BodyError(413, 'too-large'))
    }
    next(hasBody && !request.is('application/json') ? new BodyError(415, 'json-only') : undefined)
  },
  express.json({
    limit: MAX_BODY_BYTES,
    inflate: false,
    strict: true,
    verify: (_request, _response, text) => {
      const fault = formFault(text)
      if (fault) throw new BodyError(400, fault)
    },
    reviver: (key: string, value: unknown) => {
      if (FORBIDDEN.has(key)) throw new BodyError(400, 'forbidden-key')
      return value
    },
  }),
]
