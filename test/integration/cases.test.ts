/** The case folders of test/cases: what comes in, and what must come of it. A bug adds a folder. */
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'vitest'
import { CASES, playCase } from '../caseFolder.ts'

const folders = fs.readdirSync(CASES, { withFileTypes: true }).filter((entry) => entry.isDirectory())

test.concurrent.for(folders.map((folder) => folder.name))('case %s', async (name, { expect }) => {
  const { about, expected, found, lost, firstBroken } = await playCase(path.join(CASES, name))
  expect(about.length).toBeGreaterThan(20)
  expect(found).toMatchObject(expected)
  expect(lost).toBe(0)
  expect(firstBroken).toBeNull()
})
