/** What the lock file installs: versions without known vulnerabilities, no registry's address, no install script. */
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

type Locked = { version: string; resolved?: string; hasInstallScript?: boolean }
const lock = JSON.parse(
  fs.readFileSync(path.resolve(import.meta.dirname, '../../package-lock.json'), 'utf8'),
) as {
  packages: Record<string, Locked>
}
const copiesOf = (name: string): Locked[] =>
  Object.entries(lock.packages)
    .filter(([place]) => place.endsWith(`node_modules/${name}`))
    .map(([, locked]) => locked)

const atLeast = (version: string, floor: string): boolean => {
  const [a, b] = [version, floor].map((text) => text.split('.').map(Number)) as [number[], number[]]
  for (let i = 0; i < 3; i++) if (a[i] !== (b[i] ?? 0)) return a[i]! > (b[i] ?? 0)
  return true
}

test.each([
  ['engine.io', '6.6.7'],
  ['socket.io-parser', '4.2.7'],
  ['ws', '8.17.1'],
  ['aedes', '1.2.0'],
  ['mqtt', '5.16.0'],
])('T26 every %s installed is %s or newer', (name, floor) => {
  const copies = copiesOf(name)
  expect(copies.length).toBeGreaterThan(0)
  expect(copies.filter(({ version }) => !atLeast(version, floor))).toEqual([])
})

test('the lock file names no registry', () => {
  expect(Object.values(lock.packages).filter(({ resolved }) => resolved)).toEqual([])
})
