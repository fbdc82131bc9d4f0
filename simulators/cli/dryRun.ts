/** A run that is told to nobody: what the devices would say, counted, and a digest by which two runs can be held against each other. */
import { createHash } from 'node:crypto'
import { MINUTE, type Instant } from '#domain/time.ts'
import type { Life } from '../life.ts'

export type Dry = {
  readonly items: number
  readonly bytes: number
  readonly classes: Readonly<Record<string, number>>
  /** SHA-256 over every item in order: the same scenario, seed and interval give the same. */
  readonly digest: string
}

const STEP = 15 * MINUTE

export function dryRun(life: Life, to: Instant): Dry {
  const hash = createHash('sha256')
  const classes: Record<string, number> = {}
  let items = 0
  let bytes = 0
  for (let at = life.at; at < to;) {
    at = Math.min(to, at + STEP)
    for (const [machine, said] of life.advance(at))
      for (const item of said) {
        const text = JSON.stringify(item)
        hash.update(`${machine} ${text}\n`)
        classes[item.class] = (classes[item.class] ?? 0) + 1
        items++
        bytes += text.length
      }
  }
  return { items, bytes, classes, digest: hash.digest('hex') }
}
