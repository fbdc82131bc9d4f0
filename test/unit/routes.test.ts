/** The table of routes is the tables of its nouns: none is left out, and no name stands in two. */
import fs from 'node:fs'
import { expect, test } from 'vitest'
import { ROUTES } from '#contract/routes.ts'

test('every noun is joined, and no name hides another', async () => {
  const folder = new URL('../../contract/routes/', import.meta.url)
  const files = fs.readdirSync(folder).filter((file) => file !== 'route.ts')
  const tables = await Promise.all(
    files.map(async (file) => Object.values((await import(new URL(file, folder).href)) as object)),
  )
  const names = tables.flat().flatMap((table: object) => Object.keys(table))
  expect(names.toSorted()).toEqual(Object.keys(ROUTES).toSorted())
})
