/** Sign-in, people and API tokens as they travel over REST. Part of contract/rest.ts. */
import { z } from 'zod'
import { ROLES } from './control.ts'

const instant = z.int().describe('ms since 1970 UTC')
const level = z.string().regex(/^[a-z0-9_-]{1,64}$/)
const role = z.enum(ROLES)
/** Names of people and tokens: letters of any script, digits and `. _ @ -`; nothing that a page or a log could take for markup. */
const personName = z
  .string()
  .trim()
  .regex(/^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._@-]{0,63}$/u, 'letters, digits, space and . _ @ - only, at most 64')
const password = z.string().min(10).max(256)

export const Session = z.object({
  name: z.string(),
  role,
  /** Firms this person may see; null: all (administrator, bureau reviewer). */
  firms: z.array(level).nullable(),
  may: z
    .array(z.string())
    .describe('control kinds, `people`, and `read.…` rights (contract/rights.ts) this person may use'),
  expiresAt: instant,
})
export const SignIn = z.strictObject({
  name: z.string().min(1).max(128),
  password: z.string().min(1).max(256),
})
/** First administrator, by the one-time link of run.json. */
export const Setup = z.strictObject({
  token: z.string().min(20).max(200),
  name: personName,
  password,
})

export const PersonRow = z.object({
  name: z.string(),
  role,
  firms: z.array(level).nullable(),
  disabled: z.boolean(),
  createdAt: instant,
  lastSeenAt: instant.nullable(),
})
export const PersonPut = z.strictObject({
  name: personName,
  role,
  /** Null (every firm) for administrator and reviewer only. */
  firms: z.array(level).max(200).nullable(),
  /** Omitted on create: one is made and shown once. */
  password: password.optional(),
  disabled: z.boolean().optional(),
})
/** What changes; the rest stays. `newPassword: true` makes one and shows it once. */
export const PersonChange = z.strictObject({
  role: role.optional(),
  firms: z.array(level).max(200).nullable().optional(),
  password: password.optional(),
  newPassword: z.literal(true).optional(),
  disabled: z.boolean().optional(),
})
/** `password` is there only when it was made here: it cannot be shown again. */
export const PersonAnswer = PersonRow.extend({ password: z.string().optional() })
export const TokenRow = z.object({
  id: z.int(),
  name: z.string(),
  role,
  firms: z.array(level).nullable(),
  createdAt: instant,
  lastUsedAt: instant.nullable(),
})
export const TokenPut = z.strictObject({
  name: personName,
  role,
  /** Null (every firm) for administrator and reviewer only. */
  firm: level.nullable(),
})
/** The token itself, once. */
export const TokenAnswer = TokenRow.extend({ token: z.string() })
