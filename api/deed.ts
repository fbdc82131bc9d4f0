/**
 * What a person does: checked, made a control entry, journalled by the broker process, and answered by ingest in the ledger.
 * Accepted and refused are known within 300 ms as a rule; else the deed is pending and its event comes by the socket.
 */
import { createHash, randomUUID } from 'node:crypto'
import type { ControlEntry, ControlKind } from '#contract/control.ts'
import type { Right } from '#contract/rights.ts'
import { asEvent } from './ledgers.ts'
import { may } from './auth/may.ts'
import type { Principal } from './auth/identity.ts'
import type { Ports } from './ports.ts'

export type Deed = {
  readonly kind: ControlKind
  readonly version: number
  readonly body: unknown
  readonly reason?: string | undefined
  /** Idempotency-Key of the request: the same key twice has one effect. */
  readonly id?: string | undefined
}

export type DeedResult =
  | {
      readonly status: 'accepted'
      readonly id: string
      readonly offset: number
      readonly result: Record<string, unknown>
    }
  | { readonly status: 'refused'; readonly id: string; readonly why: string; readonly detail: string }
  | { readonly status: 'pending'; readonly id: string; readonly offset: number }
  | { readonly status: 'forbidden' }
  /** The journal's owner does not answer: whether it was journalled is not known, and repeating the same id is safe. */
  | { readonly status: 'unavailable' }

const WAIT_MS = 300

/**
 * Does it, or says why not. Never throws for a neighbour that is down. `needs`: what the person must be allowed, where it is not the
 * kind itself.
 */
export async function perform(
  ports: Ports,
  who: Pick<Principal, 'name' | 'role'>,
  firm: string,
  deed: Deed,
  needs: ControlKind | Right = deed.kind,
): Promise<DeedResult> {
  return may(who, needs) ? journal(ports, who, firm, deed) : { status: 'forbidden' }
}

/** What the installation does of itself, such as loading a plant file; `name` is its author in the journal. */
export const performAsSystem = (ports: Ports, name: string, firm: string, deed: Deed): Promise<DeedResult> =>
  journal(ports, { name, role: 'system' }, firm, deed)

/** An id that stands for its content: the same deed of the installation, done twice, has one effect. */
export function idOfContent(content: string): string {
  const hex = createHash('sha256').update(content).digest('hex')
  const part = (from: number, to: number) => hex.slice(from, to)
  return `${part(0, 8)}-${part(8, 12)}-8${part(12, 15)}-a${part(15, 18)}-${part(18, 30)}`
}

async function journal(
  ports: Ports,
  by: { readonly name: string; readonly role: ControlEntry['role'] },
  firm: string,
  deed: Deed,
): Promise<DeedResult> {
  const id = deed.id ?? randomUUID()
  const entry: ControlEntry = {
    id,
    by: by.name,
    role: by.role,
    at: ports.now(),
    kind: deed.kind,
    version: deed.version,
    body: deed.body,
    ...(deed.reason === undefined ? {} : { reason: deed.reason }),
  }
  try {
    const { offset } = await ports.broker.control({ firm, entry })
    return (await answerTo(ports, firm, id)) ?? { status: 'pending', id, offset }
  } catch (error) {
    ports.log.error({ err: error, kind: deed.kind }, 'a deed could not be journalled')
    return { status: 'unavailable' }
  }
}

/** The ledger's answer within 300 ms, or null. */
async function answerTo(ports: Ports, firm: string, id: string): Promise<DeedResult | null> {
  const found = read(ports, firm, id)
  if (found) return found
  return new Promise((done) => {
    const finish = (result: DeedResult | null) => {
      stop()
      clearTimeout(timer)
      done(result)
    }
    const stop = ports.ledgers.onGrowth((grown) => {
      const result = grown === firm ? read(ports, firm, id) : null
      if (result) finish(result)
    })
    const timer = setTimeout(() => finish(read(ports, firm, id)), WAIT_MS)
  })
}

function read(ports: Ports, firm: string, id: string): DeedResult | null {
  const row = ports.ledgers.of(firm)?.answerTo(id)
  if (!row) return null
  const { kind, body, offset } = asEvent(row)
  if (kind === 'control.accepted') {
    const result = (body['result'] ?? {}) as Record<string, unknown>
    return { status: 'accepted', id, offset: offset ?? 0, result }
  }
  const { reason, detail } = body
  return {
    status: 'refused',
    id,
    why: typeof reason === 'string' ? reason : 'refused',
    detail: typeof detail === 'string' ? detail : '',
  }
}
