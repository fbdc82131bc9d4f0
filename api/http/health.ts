/** Health of a firm's data for its people, of the whole installation for probes, and counters for a monitoring system. */
import { Router } from 'express'
import { HealthView } from '#contract/rest.ts'
import { identify, isSecure } from '../auth/identity.ts'
import { may } from '../auth/may.ts'
import { dataHealth } from '../dataHealth.ts'
import { metricsInScope } from '../metrics.ts'
import type { Ports } from '../ports.ts'
import { installationHealth, installationReady } from '../installation.ts'
import { refuse, sendProblem } from './problem.ts'
import { serve } from './serve.ts'

export const firmHealth = (ports: Ports) =>
  serve<'dataHealth'>(ports, {
    dataHealth: async ({ at }) => {
      const body = await dataHealth(ports, at['firm']!)
      return body ? { body } : refuse(503, 'ingest-down', 'the pipeline does not answer: try again')
    },
  })

/** /health and /ready are open and name no firm; /metrics needs a sign-in or a token and shows only what is in its scope. */
export function probes(ports: Ports): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.get('/health', (_request, response, next) => {
    installationHealth(ports)
      .then((health) => {
        response.setHeader('cache-control', 'no-store')
        response.status(health.ok ? 200 : 503).json(HealthView.parse(health))
      })
      .catch(next)
  })
  router.get('/ready', (_request, response, next) => {
    installationReady(ports)
      .then((ready) => {
        response.setHeader('cache-control', 'no-store')
        response.status(ready ? 200 : 503).json({ ready })
      })
      .catch(next)
  })
  router.get('/metrics', (request, response, next) => {
    response.setHeader('cache-control', 'no-store')
    const who = identify(ports.people, request.headers, isSecure(request), ports.now())
    if (!who) return sendProblem(response, refuse(401))
    if (!may(who, 'read.metrics')) return sendProblem(response, refuse(403))
    ports
      .metrics()
      .then((text) => response.type('text/plain; version=0.0.4').send(metricsInScope(text, who)))
      .catch(next)
  })
  return router
}
