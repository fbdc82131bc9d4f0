/** What a route says of itself: the row of the table in contract/routes.ts. */
import type { z } from 'zod'
import type { ControlKind } from '../control.ts'
import type { Right } from '../rights.ts'

export type RouteShape = {
  readonly method: 'get' | 'post' | 'put' | 'delete'
  readonly path: string
  readonly summary: string
  /**
   * `anyone` needs no sign-in; `self` any signed-in person; a right or a control kind is checked by api/auth/may.ts; `handler` means
   * that the deed depends on the body and the handler asks.
   */
  readonly needs: 'anyone' | 'self' | 'handler' | Right | ControlKind
  readonly query?: z.ZodObject
  readonly body?: z.ZodObject
  /** Null: 204 without a body. */
  readonly answer: z.ZodType | null
  /** A deed: 200 accepted, 202 pending, 409 refused; takes an Idempotency-Key. */
  readonly deed?: true
  readonly created?: true
  /** Media type of an answer that is a file; `answer` is null then. */
  readonly file?: string
  /** A file may be sent in place of the body; then `query` is its own, and `body` undefined. */
  readonly upload?: true
}

export const route = <const R extends RouteShape>(shape: R): R => shape
export const firm = '/firms/{firm}'
export const machine = `${firm}/machines/{machine}` as const
