/** How the command line reaches people.db: through api.sock while the api runs, else by opening the file itself. */
import path from 'node:path'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { callLocal, LocalError, socketPath, type LocalAnswer } from '#runtime/local.ts'
import { ensureDataFolder } from '#runtime/process.ts'
import { PeopleStore } from '#store/people/people.ts'
import { peopleAnswers } from '../local.ts'

/** What a person must write differently. */
export class UsageError extends Error {}

export type Ask = (method: 'GET' | 'POST', route: string, body?: unknown) => Promise<unknown>

/** One line of JSON on success; one line on stderr and exit code 1 else. */
export async function runTool(usage: string, run: () => Promise<unknown>): Promise<void> {
  try {
    process.stdout.write(`${JSON.stringify(await run())}\n`)
  } catch (error) {
    const { message } = error as Error
    const expected = error instanceof UsageError || error instanceof LocalError || isArgsError(error)
    process.stderr.write(expected ? `${message}\n${usage}\n` : `${String((error as Error).stack)}\n`)
    process.exitCode = 1
  }
}

export const isArgsError = (error: unknown): boolean =>
  String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS')

/** Parses `--data` and the tool's own options; several spellings of a mistake are one message. */
export function readArgs(options: NonNullable<ParseArgsConfig['options']>): {
  readonly words: string[]
  readonly values: Record<string, unknown>
  readonly data: string
} {
  const { positionals, values } = parseArgs({
    args: process.argv.slice(2),
    options: { ...options, data: { type: 'string' } },
    allowPositionals: true,
  })
  const data = values['data'] ?? process.env['BAIYUAN_DATA'] ?? 'data'
  return { words: positionals, values, data }
}

export async function withPeople<T>(data: string, run: (ask: Ask) => Promise<T>): Promise<T> {
  const socket = socketPath(data, 'api')
  if (await runs(socket)) return run((method, route, body) => callLocal(socket, method, route, body))
  ensureDataFolder(data)
  const people = new PeopleStore(path.join(data, 'people.db'))
  try {
    const answers = peopleAnswers({ people, now: () => Date.now() }, () => undefined)
    return await run(async (method, route, body) => unwrap(await answers[`${method} ${route}`]!(body)))
  } finally {
    people.close()
  }
}

function unwrap(answer: LocalAnswer): unknown {
  if ('text' in answer) return answer.text
  if ((answer.status ?? 200) < 400) return answer.body
  throw new UsageError(String((answer.body as { error?: unknown }).error))
}

/** Does a process answer on its socket? */
export async function runs(socket: string): Promise<boolean> {
  try {
    await callLocal(socket, 'GET', '/health', undefined, 2000)
    return true
  } catch (error) {
    if (error instanceof LocalError) return true
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return false
    throw error
  }
}
