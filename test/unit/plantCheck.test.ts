/** `npm run check:plants` as a person runs it: a process, its lines and its exit code. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')
const check = (...args: string[]) => {
  const done = spawnSync(process.execPath, [path.join(root, 'contract/checkPlantsMain.ts'), ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, BAIYUAN_PLANTS: undefined },
  })
  return { status: done.status, out: done.stdout, err: done.stderr }
}

test('the plants of the project are in order', { timeout: 60_000 }, () => {
  expect(check()).toEqual({
    status: 0,
    out: `${path.join('plants', 'demo-a', 'plant.yaml')}: ok, demo-a: 43 machines, 27 meters, 38 credentials\n`,
    err: '',
  })
})

test('every fault of every firm is a line with file, line and path; exit 1', { timeout: 60_000 }, () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'by-plants-'))
  const put = (firm: string, text: string) => {
    fs.mkdirSync(path.join(dir, firm))
    fs.writeFileSync(path.join(dir, firm, 'plant.yaml'), text)
  }
  const good = 'firm: b\ntitle: { zh: 厂, en: Works }\ngroups: {}\nkinds: {}\nsites: {}\n'
  put('b', good)
  put('a', good.replace('firm: b', 'firm: b\nsimulate: true'))
  fs.mkdirSync(path.join(dir, 'c'))
  put('Bad', good)
  const { status, out } = check('--plants', dir)
  expect(status).toBe(1)
  expect(out.replaceAll(`${dir}${path.sep}`, '').replaceAll('\\', '/')).toBe(
    [
      "Bad/plant.yaml:1 file: the folder's name must be 1 to 64 of a-z 0-9 _ -",
      'a/plant.yaml:2 simulate: is no key that is known here',
      'b/plant.yaml: ok, b: 0 machines, 0 meters, 0 credentials',
      'c/plant.yaml:1 file: cannot be read (ENOENT)',
      '',
    ].join('\n'),
  )
  fs.rmSync(dir, { recursive: true })
})

test(
  'a folder that is not there and an unknown option are said, with what to do',
  { timeout: 60_000 },
  () => {
    const missing = check('--plants', path.join(os.tmpdir(), 'by-no-such-folder'))
    expect(missing.status).toBe(1)
    expect(missing.out).toMatch(
      /by-no-such-folder: cannot be read \(ENOENT\): choose another folder with --plants/,
    )
    expect(check('--plant', 'x')).toMatchObject({
      status: 64,
      err: expect.stringContaining('usage: npm run check:plants'),
    })
  },
)
