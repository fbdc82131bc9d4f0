/** The API described: OpenAPI, AsyncAPI, and a viewer from our own files (factories are offline). */
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Router } from 'express'
import { asyncApi } from '#contract/asyncapi.ts'
import { openApi } from '#contract/openapi.ts'

const viewer = path.dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')))
const OWN = path.join(import.meta.dirname, '..', 'docs')
const FILES = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png']

export function docs(): Router {
  const router = Router({ strict: true })
  let described: { open: string; async: string } | null = null
  const describe = () =>
    (described ??= { open: JSON.stringify(openApi()), async: JSON.stringify(asyncApi()) })
  router.get('/v1/openapi.json', (_request, response) => void response.type('json').send(describe().open))
  router.get('/v1/asyncapi.json', (_request, response) => void response.type('json').send(describe().async))
  router.get('/docs', (_request, response) => response.redirect(308, '/api/docs/'))
  router.get('/docs/', (_request, response) => response.sendFile(path.join(OWN, 'index.html')))
  router.get('/docs/init.js', (_request, response) => response.sendFile(path.join(OWN, 'init.js')))
  for (const file of FILES)
    router.get(`/docs/${file}`, (_request, response) => response.sendFile(path.join(viewer, file)))
  return router
}
