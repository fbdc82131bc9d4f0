/** Session and API tokens: opaque random strings that leave once; only their SHA-256 is kept. */
import { createHash, randomBytes } from 'node:crypto'

/** 256 random bits; the prefix tells a person (and a secret scanner) what was found lying about. */
export const makeSecret = (kind: 'bys' | 'byt' | 'byl'): string =>
  `${kind}_${randomBytes(32).toString('base64url')}`

/** What is stored and looked up. A plain hash suffices: the input is random, not a password. */
export const secretHash = (secret: string): Uint8Array => createHash('sha256').update(secret).digest()

/** Could this be one of ours? Refuses huge and odd strings before they are hashed. */
export const looksLikeSecret = (text: string): boolean => /^by[stl]_[\w-]{43}$/.test(text)
