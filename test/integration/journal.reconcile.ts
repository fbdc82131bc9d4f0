/** What tests of the journal share: a child that writes, and what must hold whatever happened to it. */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect } from 'vitest'
import { openJournalReader } from '#store/journal/reader.ts'
import { verifyJournal } from '#store/journal/verify.ts'
import type { JournalEntry } from '#store/journal/journal.ts'

/** A fresh data folder's journal, and how to remove it. */
export function journalFolder(): { readonly dir: string; readonly remove: () => void } {
  const data = fs.mkdtempSync(path.join(os.tmpdir(), 'journal-'))
  return { dir: path.join(data, 'journal'), remove: () => fs.rmSync(data, { recursive: true, force: true }) }
}

export type Child = {
  readonly pid: number
  /** Numbers acknowledged so far, in order. */
  readonly acknowledged: number[]
  readonly isOpen: () => boolean
  readonly kill: () => void
  readonly ended: Promise<{ code: number | null; signal: string | null }>
}

/** Runs test/integration/journal.child.ts. `shell` wraps it: `ulimit -S -f 400; exec "$0" "$@"`. */
export function writingChild(
  dir: string,
  options: { count?: number; from?: number; failpoint?: string; shell?: string } = {},
): Child {
  const file = new URL('./journal.child.ts', import.meta.url).pathname
  const { count = Infinity, from = 0, failpoint = '', shell } = options
  const args = [file, dir, String(count), String(from)]
  const [command, argv] = shell
    ? (['/bin/sh', ['-c', shell, process.execPath, ...args]] as const)
    : ([process.execPath, args] as const)
  const env = { ...process.env, BAIYUAN_FAILPOINT: failpoint, BAIYUAN_LOG: 'silent', NODE_OPTIONS: '' }
  const child = spawn(command, argv, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const acknowledged: number[] = []
  let opened = false
  let rest = ''
  child.stdout.on('data', (part: Buffer) => {
    const lines = (rest + part.toString()).split('\n')
    rest = lines.pop()!
    for (const line of lines)
      if (line === 'open') opened = true
      else acknowledged.push(Number(line))
  })
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal }))
  })
  return { pid: child.pid!, acknowledged, isOpen: () => opened, kill: () => child.kill('SIGKILL'), ended }
}

export function readAll(dir: string): JournalEntry[] {
  const reader = openJournalReader(dir)
  const all: JournalEntry[] = []
  for (let part = reader.read(0); part.length > 0; part = reader.read(all.at(-1)!.commit)) all.push(...part)
  reader.close()
  return all
}

/** Numbers in the journal, in its order, without the ticks. */
export const numbersIn = (entries: readonly JournalEntry[]): number[] =>
  entries.filter((one) => one.topic.startsWith('v1/')).map((one) => Number(one.payload.toString()))

/** Every acknowledged number is in the journal, in the order of acknowledgement; every chain verifies. Returns the numbers found. */
export function expectReconciled(dir: string, acknowledged: readonly number[]): number[] {
  const numbers = numbersIn(readAll(dir))
  const found = new Set(numbers)
  expect(acknowledged.filter((number) => !found.has(number))).toEqual([])
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
  const { firms, damage } = verifyJournal(dir)
  expect(damage).toEqual([])
  expect(firms.filter((one) => one.fault !== null)).toEqual([])
  return numbers
}
