/** The tools that keep the code readable are tests like any other: types, lint, format. */
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')
const tool = (name: string, ...args: string[]) => {
  const done = spawnSync(path.join(root, 'node_modules', '.bin', name), args, { cwd: root, encoding: 'utf8' })
  return { status: done.status, output: `${done.stdout}${done.stderr}` }
}

test.each([
  ['tsc', ['-p', 'tsconfig.json']],
  ['vue-tsc', ['-p', 'dashboards/web/tsconfig.json']],
  ['oxlint', ['--deny-warnings']],
  ['prettier', ['--check', '--log-level', 'warn', '.']],
])('%s finds nothing', (name, args) => {
  const { status, output } = tool(name, ...args)
  expect({ status, output: status === 0 ? '' : output }).toEqual({ status: 0, output: '' })
})
