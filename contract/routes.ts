/**
 * The table of REST routes under /api/v1: the one source of validation, OpenAPI and the tests that try every route with every role.
 * A path part `{firm}` is checked against the caller's scope before anything else; whatever is wrong in a path answers 404, whatever
 * is wrong in a query or a body 400.
 */
import type { z } from 'zod'
import { correctionsRoutes } from './routes/corrections.ts'
import { dataRoutes } from './routes/data.ts'
import { figuresRoutes } from './routes/figures.ts'
import { monthsRoutes } from './routes/months.ts'
import { peopleRoutes } from './routes/people.ts'
import { plantRoutes } from './routes/plant.ts'
import { recordsRoutes } from './routes/records.ts'
import { reportRoutes } from './routes/report.ts'
import type { RouteShape } from './routes/route.ts'
import { sessionRoutes } from './routes/session.ts'
import { simulationRoutes } from './routes/simulation.ts'
import { traceRoutes } from './routes/trace.ts'

export type { RouteShape }

export const ROUTES = {
  ...sessionRoutes,
  ...plantRoutes,
  ...figuresRoutes,
  ...traceRoutes,
  ...reportRoutes,
  ...monthsRoutes,
  ...dataRoutes,
  ...correctionsRoutes,
  ...recordsRoutes,
  ...simulationRoutes,
  ...peopleRoutes,
} as const satisfies Record<string, RouteShape>

export type RouteName = keyof typeof ROUTES
export type QueryOf<N extends RouteName> = (typeof ROUTES)[N] extends { query: infer Q extends z.ZodType }
  ? z.infer<Q>
  : undefined
export type BodyOf<N extends RouteName> = (typeof ROUTES)[N] extends { body: infer B extends z.ZodType }
  ? z.infer<B>
  : undefined
export type AnswerOf<N extends RouteName> = (typeof ROUTES)[N] extends { answer: infer A extends z.ZodType }
  ? z.infer<A>
  : null
