/**
 * What one asks too often or too much at once, answered with 429. Tries at sign-in: 20 wrong ones in 15 minutes, per address and per name;
 * right ones do not count. Costly questions: so many under way per principal and for everyone together.
 */
import type { RouteName } from '#contract/routes.ts'
import { ipKeyGenerator, rateLimit, type RateLimitRequestHandler } from 'express-rate-limit'
import { MINUTE } from '#domain/time.ts'
import { refuse, sendProblem } from './problem.ts'

export const WRONG_TRIES = 20
const WINDOW = 15 * MINUTE

const limiter = (
  key: (request: { ip?: string | undefined; body?: unknown }) => string,
): RateLimitRequestHandler =>
  rateLimit({
    windowMs: WINDOW,
    limit: WRONG_TRIES,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    skipSuccessfulRequests: true,
    requestWasSuccessful: (_request, response) => response.statusCode !== 401,
    keyGenerator: (request) => key(request),
    handler: (_request, response) =>
      sendProblem(response, refuse(429, 'too-many-tries', 'too many wrong tries: wait 15 minutes')),
  })

/** In front of POST /session, after the body was read. A set-up token of 256 bits needs none: nobody tries those out. */
export const signInLimits = (): RateLimitRequestHandler[] => [
  limiter(({ ip }) => ipKeyGenerator(ip ?? '')),
  limiter(({ body }) => {
    const name: unknown = (body as { name?: unknown } | undefined)?.name
    return typeof name === 'string' ? name.slice(0, 128).normalize('NFKC').toLowerCase() : ''
  }),
]

/** Routes that read months of accounts, make figures anew or read a file: each takes the loop or ingest for a good part of a second. */
const COSTLY: ReadonlySet<RouteName> = new Set([
  'cost',
  'figures',
  'trace',
  'traceMessages',
  'traceRecompute',
  'recordsCheck',
  'recordsPut',
  'machineFigures',
  'shiftReport',
  'shiftReportPdf',
  'dayRevisions',
  'months',
  'reconciliation',
  'shifts',
])
/** More at once make each of them slower and none of them sooner. */
export const COSTLY_EACH = 4
export const COSTLY_ALL = 8

/** Costly questions under way. */
export class Crowd {
  readonly #under = new Map<string, number>()
  #all = 0

  /** Lets a question in and hands out what ends it; null: there are too many. What is not costly always comes in. */
  enter(route: RouteName, name: string): (() => void) | null {
    if (!COSTLY.has(route)) return () => undefined
    const own = this.#under.get(name) ?? 0
    if (own >= COSTLY_EACH || this.#all >= COSTLY_ALL) return null
    this.#under.set(name, own + 1)
    this.#all++
    return () => {
      this.#all--
      const left = this.#under.get(name)! - 1
      if (left > 0) this.#under.set(name, left)
      else this.#under.delete(name)
    }
  }
}

const crowds = new WeakMap<object, Crowd>()

/** The one of an api, told by its ports. */
export function crowdOf(ports: object): Crowd {
  let crowd = crowds.get(ports)
  if (!crowd) crowds.set(ports, (crowd = new Crowd()))
  return crowd
}
