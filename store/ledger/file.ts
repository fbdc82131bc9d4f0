/** Where ledgers live: one SQLite file per firm, `DIR/ledger/<firm>.db`. Firm ids are topic levels, so they are safe file names. */
import fs from 'node:fs'
import path from 'node:path'

const SUFFIX = '.db'
const LEVEL = /^[a-z0-9_-]{1,64}$/

/** Path of a firm's ledger. Throws when the id is no topic level (`../x`). */
export function ledgerFile(dir: string, firm: string): string {
  if (!LEVEL.test(firm)) throw new Error(`"${firm}" is no firm id`)
  return path.join(dir, 'ledger', firm + SUFFIX)
}

/** Firms that have a ledger, sorted. Empty while there is none. */
export function listFirms(dir: string): string[] {
  const folder = path.join(dir, 'ledger')
  if (!fs.existsSync(folder)) return []
  return fs
    .readdirSync(folder)
    .filter((name) => name.endsWith(SUFFIX) && LEVEL.test(name.slice(0, -SUFFIX.length)))
    .map((name) => name.slice(0, -SUFFIX.length))
    .toSorted()
}
