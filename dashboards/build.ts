/** Builds the page when it is missing or older than what it is made of. */
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '..')
export const pageFolder = path.join(root, 'dashboards', 'web', 'dist')
const stampFile = path.join(pageFolder, '.sources')

/** Builds if stale; resolves with whether it built. Safe to call from two processes: the last one wins with equal content. */
export async function buildPage(): Promise<boolean> {
  const stamp = sourcesHash()
  if (fs.existsSync(stampFile) && fs.readFileSync(stampFile, 'utf8') === stamp) return false
  const { build } = await import('vite')
  await build({ configFile: path.join(root, 'vite.config.ts'), logLevel: 'warn' })
  fs.writeFileSync(stampFile, stamp)
  return true
}

function sourcesHash(): string {
  const hash = createHash('sha256')
  const folders = ['dashboards/web', 'contract', 'domain']
  for (const file of [
    ...folders.flatMap((folder) => filesIn(path.join(root, folder))),
    path.join(root, 'vite.config.ts'),
  ]) {
    hash.update(path.relative(root, file)).update(fs.readFileSync(file))
  }
  return hash.update(fs.readFileSync(path.join(root, 'package-lock.json'))).digest('hex')
}

function filesIn(folder: string): string[] {
  return fs
    .readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(pageFolder))
    .toSorted()
}
