/** Tries at sign-in: 20 wrong ones in 15 minutes, per address and per name, then 429. Right ones do not count. */
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
