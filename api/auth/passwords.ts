/** Passwords of people: argon2id, 19 MiB, 2 passes (OWASP), kept as one self-describing string. Runs outside the event loop. */
import { argon2, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify(argon2)
const MEMORY_KIB = 19_456
const PASSES = 2
const LANES = 1
const FORM = /^argon2id\$(\d+),(\d+),(\d+)\$([\w-]+)\$([\w-]+)$/

/** `argon2id$19456,2,1$salt$key` */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await keyOf(password, salt, MEMORY_KIB, PASSES, LANES)
  return `argon2id$${MEMORY_KIB},${PASSES},${LANES}$${salt.toString('base64url')}$${key.toString('base64url')}`
}

/** Takes the same time for a wrong password and for `null` (an unknown name), so that names cannot be tried out. */
export async function passwordFits(password: string, hash: string | null): Promise<boolean> {
  const [, memory, passes, lanes, salt, key] = FORM.exec(hash ?? (await nobody())) ?? []
  if (!salt || !key) throw new Error('a password hash in people.db has an unknown form')
  const wanted = Buffer.from(key, 'base64url')
  const found = await keyOf(
    password,
    Buffer.from(salt, 'base64url'),
    Number(memory),
    Number(passes),
    Number(lanes),
  )
  return timingSafeEqual(wanted, found) && hash !== null
}

let nobodys: Promise<string> | null = null
const nobody = (): Promise<string> => (nobodys ??= hashPassword(randomBytes(32).toString('hex')))

/** Prepares the stand-in of unknown names, so that the first one takes no longer than the rest. */
export const warmUp = async (): Promise<void> => void (await nobody())

const keyOf = (password: string, nonce: Buffer, memory: number, passes: number, parallelism: number) =>
  derive('argon2id', {
    message: Buffer.from(password.normalize('NFKC')),
    nonce,
    parallelism,
    tagLength: 32,
    memory,
    passes,
  })

/** Null, or why a password is too weak. Length counts most; what is listed here would be tried first. */
export function weakness(password: string, name: string): string | null {
  if (password.length < 10) return 'at least 10 characters are needed'
  if (new Set(password).size < 5) return 'too few different characters'
  if (password.toLowerCase().includes(name.toLowerCase())) return 'it holds the name'
  if (/^(?:password|qwerty|admin|1234567890|baiyuan)/i.test(password))
    return 'it starts like the first guesses'
  return null
}

/** A readable password of 100 random bits, for someone who will change it. No letter that looks like another. */
export function makePassword(): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789'
  const group = () => Array.from({ length: 5 }, () => alphabet[randomInt(alphabet.length)]).join('')
  return [group(), group(), group(), group()].join('-')
}
