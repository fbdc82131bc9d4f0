/** The HTTP side put together: headers, bodies, routers by noun, the page, and errors as problem+json. */
import express, { type Express } from 'express'
import helmet from 'helmet'
import { corrections } from './http/corrections.ts'
import { docs } from './http/docs.ts'
import { events, facts } from './http/facts.ts'
import { figures } from './http/figures.ts'
import { firms } from './http/firms.ts'
import { firmHealth, probes } from './http/health.ts'
import { lan } from './http/lan.ts'
import { jsonBody } from './http/body.ts'
import { machines } from './http/machines.ts'
import { months } from './http/months.ts'
import { notFound, onError } from './http/problem.ts'
import { page } from './http/page.ts'
import { people } from './http/people.ts'
import { quarantine } from './http/quarantine.ts'
import { records } from './http/records.ts'
import { report } from './http/report.ts'
import { session } from './http/session.ts'
import { simulation } from './http/simulation.ts'
import { trace } from './http/trace.ts'
import { signInLimits } from './http/limits.ts'
import type { Ports } from './ports.ts'

/** Told when rights change, so that open sockets are looked at again at once. */
export type RightsListener = () => void

export function createApp(ports: Ports, rightsChanged: RightsListener): Express {
  const app = express()
  app.disable('x-powered-by')
  app.set('query parser', 'simple')
  app.set('etag', false)
  app.use(headers(ports.secure))
  app.use(probes(ports))
  app.use('/api', docs())

  const v1 = express.Router({ caseSensitive: true, strict: true })
  v1.use(...jsonBody())
  v1.post('/session', ...signInLimits())
  for (const noun of [
    firms,
    machines,
    figures,
    months,
    trace,
    quarantine,
    facts,
    events,
    firmHealth,
    simulation,
    records,
  ])
    v1.use(noun(ports))
  v1.use(corrections(ports))
  v1.use(report(ports))
  v1.use(lan(ports))
  v1.use(session(ports, rightsChanged))
  v1.use(people(ports, rightsChanged))
  v1.use(notFound)
  app.use('/api/v1', v1)

  app.use(page(ports.page))
  app.use(notFound)
  app.use(onError(ports.log))
  return app
}

const headers = (secure: boolean) =>
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        scriptSrcAttr: ["'none'"],
        styleSrc: ["'self'"],
        // Positions and widths of charts are style attributes; they cannot run anything.
        styleSrcAttr: ["'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    frameguard: { action: 'deny' },
    strictTransportSecurity: secure ? { includeSubDomains: false } : false,
    referrerPolicy: { policy: 'no-referrer' },
  })
