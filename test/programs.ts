/**
 * Finds programs that are no npm packages: by environment variable, in PATH, in `.cache/services/`, else fetched there from Debian's
 * archive. One test process fetches at a time.
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { holdLock } from './lock.ts'

export type Found =
  | { readonly path: string; readonly env: NodeJS.ProcessEnv }
  /** Why there is none. */
  | { readonly missing: string }

const CACHE = path.join(import.meta.dirname, '..', '.cache', 'services')
const FETCH_MS = 240_000

/** Looks in all four places; `packages` are the Debian packages that hold it and its libraries. */
export function findProgram(name: string, packages: readonly string[]): Found {
  const variable = name.toUpperCase().replaceAll('-', '_')
  const given = process.env[variable]
  if (given)
    return fs.existsSync(given) ? { path: given, env: {} } : { missing: `${variable}=${given} is not there` }
  const installed = inPath(name)
  if (installed) return { path: installed, env: {} }
  const fetched = inCache(name)
  if (fetched) return fetched
  const why = aptGet(() => {
    if (inCache(name)) return // another test file was faster
    for (const one of packages) fetchPackage(one)
  }, 'fetching it')
  return (
    inCache(name) ?? {
      missing: `${name}: not in PATH, ${variable} not set, ${why ?? 'the package has no such file'}`,
    }
  )
}

/** The file of a program in PATH, or null. */
export function inPath(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.map((folder) => path.join(folder, name)).find((file) => fs.existsSync(file)) ?? null
}

function inCache(name: string): Found | null {
  const file = ['usr/bin', 'usr/sbin']
    .map((bin) => path.join(CACHE, bin, name))
    .find((at) => fs.existsSync(at))
  if (!file) return null
  const libraries = ['lib', 'usr/lib'].flatMap((lib) => {
    const folder = path.join(CACHE, lib)
    if (!fs.existsSync(folder)) return []
    return [folder, ...fs.readdirSync(folder).map((one) => path.join(folder, one))]
  })
  return { path: file, env: { LD_LIBRARY_PATH: libraries.join(':') } }
}

/** Unpacks beside and moves into place last, so that a program that is there is whole. */
function fetchPackage(name: string): void {
  const folder = fs.mkdtempSync(path.join(CACHE, 'fetch-'))
  try {
    run('apt-get', ['download', name], folder)
    const deb = fs.readdirSync(folder).find((file) => file.endsWith('.deb'))!
    run('dpkg', ['-x', deb, 'unpacked'], folder)
    fs.cpSync(path.join(folder, 'unpacked'), CACHE, { recursive: true, force: true, verbatimSymlinks: true })
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs a step that needs Debian's archive, one test file at a time. Null, or why it could not be done. */
export function aptGet(step: () => void, doing: string): string | null {
  if (!inPath('apt-get') || !inPath('dpkg')) return 'and apt-get is not here'
  fs.mkdirSync(CACHE, { recursive: true })
  const release = holdLock(path.join(CACHE, 'lock'), FETCH_MS)
  try {
    if (!hasLists() && process.getuid?.() === 0) run('apt-get', ['update'])
    step()
    return null
  } catch (error) {
    const said = String((error as { stderr?: Buffer }).stderr ?? error).trim()
    return `${doing} failed: ${said.split('\n').at(-1)}`
  } finally {
    release()
  }
}

function hasLists(): boolean {
  const lists = '/var/lib/apt/lists'
  return fs.existsSync(lists) && fs.readdirSync(lists).some((name) => name.includes('_Packages'))
}

/** Runs a program to its end and returns what it printed; throws when it fails. */
export function run(command: string, args: readonly string[], cwd = CACHE): string {
  return execFileSync(command, args, {
    cwd: fs.existsSync(cwd) ? cwd : os.tmpdir(),
    encoding: 'utf8',
    timeout: FETCH_MS,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}
