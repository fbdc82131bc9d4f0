/** Answers as text. A long list is checked and told in pieces, and whatever else waits has its turn between two. */
import type { z } from 'zod'
import { Turns } from '#runtime/turns.ts'

/** Items of a piece: a millisecond or two. */
const PIECE = 1000

export async function textOf(shape: z.ZodType, body: unknown): Promise<string> {
  if (!Array.isArray(body) || body.length <= PIECE) return JSON.stringify(shape.parse(body))
  const turns = new Turns()
  const pieces: string[] = []
  for (let i = 0; i < body.length; i += PIECE) {
    await turns.next()
    pieces.push(JSON.stringify(shape.parse(body.slice(i, i + PIECE))).slice(1, -1))
  }
  return `[${pieces.join(',')}]`
}
