/** OpenAPI 3.1 of the REST API, made from the table of routes. */
import { z } from 'zod'
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi'
import { Problem } from './rest.ts'
import { ROUTES, type RouteShape } from './routes.ts'

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: Problem } },
})

const FILE = z.string().meta({ format: 'binary' })

const PATH_PARTS: Readonly<Record<string, z.ZodType>> = {
  firm: z.string().describe('Firm id'),
  machine: z.string().describe('Machine path with dots: main.machining.l1.lathe-07'),
  measure: z.string(),
  day: z.string().describe('Production day: 2026-11-23'),
  id: z.string().describe('A number, or the id of a fault'),
  name: z.string(),
}

export function openApi() {
  const paths: ZodOpenApiPathsObject = {}
  for (const [name, shape] of Object.entries(ROUTES) as [string, RouteShape][])
    paths[shape.path] = { ...paths[shape.path], [shape.method]: operation(name, shape) }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Baiyuan',
      version: '1',
      description:
        'Sign in with POST /session (cookie) or send an API token as `Authorization: Bearer …`. Times are ms since 1970 UTC. ' +
        'A firm outside your scope answers like one that does not exist. Live data: /api/v1/asyncapi.json.',
    },
    servers: [{ url: '/api/v1' }],
    paths,
    components: {
      securitySchemes: {
        cookie: { type: 'apiKey', in: 'cookie', name: 'baiyuan' },
        token: { type: 'http', scheme: 'bearer' },
      },
    },
    security: [{ cookie: [] }, { token: [] }],
  })
}

function operation(name: string, shape: RouteShape): ZodOpenApiOperationObject {
  const parts = [...shape.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!)
  const done = shape.file
    ? { description: shape.summary, content: { [shape.file]: { schema: FILE } } }
    : shape.answer
      ? { description: shape.summary, content: { 'application/json': { schema: shape.answer } } }
      : { description: 'Done' }
  const status = shape.created ? '201' : shape.answer === null && !shape.file ? '204' : '200'
  return {
    operationId: name,
    summary: shape.summary,
    tags: [shape.path.split('/').findLast((part) => !part.startsWith('{')) ?? ''],
    ...(shape.needs === 'anyone' ? { security: [] } : {}),
    requestParams: {
      ...(parts.length > 0
        ? { path: z.object(Object.fromEntries(parts.map((part) => [part, PATH_PARTS[part] ?? z.string()]))) }
        : {}),
      ...(shape.query ? { query: shape.query } : {}),
      ...(shape.deed ? { header: z.object({ 'Idempotency-Key': z.uuid().optional() }) } : {}),
    },
    ...(shape.body
      ? {
          requestBody: {
            content: {
              'application/json': { schema: shape.body },
              ...(shape.upload ? { 'application/octet-stream': { schema: FILE } } : {}),
            },
          },
        }
      : {}),
    responses: {
      [status]: done,
      ...(shape.deed
        ? {
            '202': { ...done, description: 'Pending: journalled, the answer comes as a ledger event' },
            '409': problem('Refused, with a named reason'),
          }
        : {}),
      ...(shape.query || shape.body ? { '400': problem('What is wrong, by path') } : {}),
      ...(shape.needs === 'anyone' ? {} : { '401': problem('Not signed in') }),
      ...(shape.needs === 'anyone' || shape.needs === 'self'
        ? {}
        : { '403': problem('Not allowed for this role') }),
      ...(parts.length > 0 ? { '404': problem('Unknown, or outside your scope') } : {}),
    },
  }
}
