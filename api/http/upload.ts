/** A file that is sent as the body of a request: read only after it is known who sends it, and never more than allowed. */
import type { Request } from 'express'
import { refuse, type Refused } from './problem.ts'

export const MAX_UPLOAD_BYTES = 10 * 1024 * 1024
/** What browsers and scripts call a CSV or xlsx. The bytes say what it is. */
const TYPES = [
  'application/octet-stream',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'text/csv',
]
const tooLarge = () => refuse(413, 'too-large', 'a file has at most 10 MB')

export async function readUpload(request: Request): Promise<Buffer | Refused> {
  if (!request.is(TYPES) || request.headers['content-encoding'] !== undefined) return refuse(415, 'no-table')
  if (Number(request.headers['content-length'] ?? 0) > MAX_UPLOAD_BYTES) {
    request.res?.setHeader('connection', 'close') // what is still under way is not read
    return tooLarge()
  }
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_UPLOAD_BYTES) {
      request.res?.setHeader('connection', 'close')
      return tooLarge()
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
