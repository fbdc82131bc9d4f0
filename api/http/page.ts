/** The page: files built from dashboards/web, and its first file for every address that the page itself routes. */
import fs from 'node:fs'
import path from 'node:path'
import express, { Router } from 'express'

const NOT_BUILT =
  'The page is not built. Run "npm run build" (npm start does it by itself), then reload. The API works: see /api/docs.\n'

/** An address that asks for a file. Not just any dot: machine ids have dots, `/machines/main.machining.l1.lathe-07`. */
const FILE = /\.(?:js|mjs|css|map|json|html|txt|xml|svg|png|jpg|ico|webp|woff2?|ttf|db|yaml|php)$/i

export function page(folder: string): Router {
  const router = Router()
  router.use(
    '/assets',
    express.static(path.join(folder, 'assets'), {
      immutable: true,
      maxAge: '1y',
      index: false,
      redirect: false,
      fallthrough: true,
    }),
  )
  router.use(express.static(folder, { index: false, redirect: false, maxAge: 0 }))
  router.get('/{*path}', (request, response, next) => {
    const own = !/^\/(?:api|socket\.io|assets)(?:\/|$)/.test(request.path) && !FILE.test(request.path)
    if (!own) return next()
    response.setHeader('cache-control', 'no-cache')
    const index = path.join(folder, 'index.html')
    if (!fs.existsSync(index)) return void response.status(503).type('text/plain').send(NOT_BUILT)
    response.sendFile(index)
  })
  return router
}
