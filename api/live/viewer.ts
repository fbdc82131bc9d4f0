/** One open page: who looks, at which firm, up to which ledger cursor, and how many bytes wait for it. */
import type { Socket } from 'socket.io'
import type { PageToServer, ServerToPage } from '#contract/live.ts'
import { seesAll } from '../auth/fields.ts'
import type { Principal } from '../auth/identity.ts'

export type PageSocket = Socket<PageToServer, ServerToPage>

export type Viewer = {
  readonly socket: PageSocket
  who: Principal
  firm: string | null
  /** Newest ledger event sent to this page. */
  cursor: number
  /** Since when it has been too slow (monotonic ms); null: it keeps up. */
  slowSince: number | null
}

/** More than this waiting: the page is too slow and gets nothing but a resync once it has caught up. */
export const BYTE_CAP = 512 * 1024
/** A page this long behind is cut off. */
export const SLOW_LIMIT_MS = 30_000

/** Pages of a firm that get the same bytes: everyone who sees all, and each masked role. */
export const roomOf = (firm: string, who: Principal): string =>
  `${firm} ${seesAll(who.role) ? '*' : who.role}`

type Connection = {
  readonly writeBuffer?: readonly { readonly data?: string | Uint8Array | ArrayBuffer }[]
  readonly transport: { readonly socket?: { readonly bufferedAmount?: number } }
}

/** Bytes that wait for this page: in engine.io's queue and in the WebSocket's. */
export function waitingBytes(socket: PageSocket): number {
  const { writeBuffer, transport } = socket.conn as unknown as Connection
  let bytes = transport.socket?.bufferedAmount ?? 0
  for (const { data } of writeBuffer ?? [])
    bytes += typeof data === 'string' ? data.length : (data?.byteLength ?? 0)
  return bytes
}
