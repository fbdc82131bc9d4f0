/** Answers of a deed (api/deed.ts) as HTTP: 200 accepted, 202 pending, 409 refused with its reason. */
import type { Request } from 'express'
import { z } from 'zod'
import type { DeedAnswer } from '#contract/rest.ts'
import type { DeedResult } from '../deed.ts'
import { refuse } from './problem.ts'
import type { Answer } from './serve.ts'

const Key = z.uuid()

/** The Idempotency-Key of a request; `false`: there is one and it is no uuid. */
export function idempotencyKey(request: Request): string | undefined | false {
  const key = request.get('idempotency-key')
  if (key === undefined) return undefined
  const parsed = Key.safeParse(key)
  return parsed.success ? parsed.data : false
}

export const badKey = () => refuse(400, 'bad-idempotency-key', 'Idempotency-Key must be a uuid')

export function deedAnswer(result: DeedResult): Answer<z.infer<typeof DeedAnswer>> {
  if (result.status === 'accepted')
    return { body: { id: result.id, status: 'accepted', offset: result.offset, result: result.result } }
  if (result.status === 'pending')
    return { status: 202, body: { id: result.id, status: 'pending', offset: result.offset } }
  if (result.status === 'refused') return refuse(409, result.why, result.detail)
  if (result.status === 'forbidden') return refuse(403)
  return refuse(503, 'journal-down', 'not confirmed: repeat it with the same Idempotency-Key')
}
