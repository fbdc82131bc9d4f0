import { expect, test, vi } from 'vitest'
import { suiteOf } from '../services.ts'

test('a missing program skips its suite by name, and fails where CI counts on it', () => {
  vi.stubEnv('CI', undefined)
  const title = 'x (skipped: x: not in PATH)'
  expect(suiteOf({ missing: 'x: not in PATH' }, 'x')).toStrictEqual({ title, skip: true })
  vi.stubEnv('CI', '1')
  expect(() => suiteOf({ missing: 'x: not in PATH' }, 'x')).toThrow('x: not in PATH')
  expect(suiteOf({ path: '/bin/x', env: {} }, 'x')).toStrictEqual({ title: 'x', skip: false })
  vi.unstubAllEnvs()
})
