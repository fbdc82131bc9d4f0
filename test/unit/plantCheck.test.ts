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
    out: [
      `${path.join('plants', 'demo-a', 'plant.yaml')}: ok, demo-a: 43 machines, 27 meters, 38 credentials\n`,
      `${path.join('plants', 'demo-a', 'records.yaml')}: ok, 154 records\n`,
      `${path.join('plants', 'demo-a', 'records-retrofit.yaml')}: ok, 760 records\n`,
    ].join(''),
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

test('records and what a retrofit changes in them are checked with their lines', { timeout: 60_000 }, () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'by-plants-'))
  const put = (firm: string, name: string, text: string) => {
    fs.mkdirSync(path.join(dir, firm), { recursive: true })
    fs.writeFileSync(path.join(dir, firm, name), text)
  }
  const head = 'source: price list\n    illustrative: true\n    values:\n      valve: { price: 430.25 }\n'
  const records = (firm: string) =>
    `firm: ${firm}\nrecords:\n  - kind: product\n    from: '2026-01-01'\n    ${head}`
  const changes = (firm: string, days: string) =>
    `firm: ${firm}\nchanges:\n  - kind: product\n    days: ${days}\n    ${head}`
  for (const firm of ['a', 'b', 'c'])
    put(firm, 'plant.yaml', `firm: ${firm}\ntitle: { zh: 厂, en: Works }\ngroups: {}\nkinds: {}\nsites: {}\n`)
  put('a', 'records.yaml', records('a'))
  put('a', 'records-retrofit.yaml', changes('a', '[30, 3]'))
  put('b', 'records.yaml', records('b').replace('430.25', '-1').replace('product', 'prize'))
  put('b', 'records-retrofit.yaml', changes('b', '30'))
  put('c', 'records.yaml', records('c').replace('430.25', '-1'))
  const { status, out } = check('--plants', dir)
  expect(status).toBe(1)
  const lines = out.replaceAll(`${dir}${path.sep}`, '').replaceAll('\\', '/').split('\n')
  expect(lines.slice(3)).toEqual([
    'a/records.yaml: ok, 1 records',
    'a/records-retrofit.yaml:4 changes[0].days: must begin before it ends',
    'b/records.yaml:3 records[0].kind: must be a kind of record',
    'b/records-retrofit.yaml:1 file: needs a records.yaml without faults',
    'c/records.yaml:8 records[0].values.valve.price: must not be below 0',
    '',
  ])
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
