/** Every page in both languages on a wall, a desk and a phone: nothing is wider than the screen, no error; a picture of each with BAIYUAN_PICTURES=1. */
import type { Browser } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { browserPath, DESK, openPage, PHONE, shot, WALL, type Size } from './browser.ts'
import { PASSWORD } from './fixture/routes.ts'
import { onFixture } from './fixture/onFixture.ts'
import type { Fixture } from './fixture/server.ts'

const PAGES = [
  ['wall', '/wall', '.at-trend .trend canvas'],
  ['machines', '/machines', '.machine-row'],
  ['machine', '/machines/main/lathe/l1/lathe-07', '.history canvas'],
  ['stops', '/stops', '[data-stop]'],
  ['data', '/data', '.coverage-row'],
  ['meter', '/machines/main/utilities/meters/m00', '.history canvas'],
  ['sim', '/sim', '[data-truth]'],
  ['records', '/records?kind=product&key=q41f-16c-dn50', '.steps li'],
  ['people', '/people', '[data-person]'],
] as const
const DOORS = [
  ['sign-in', '/sign-in', 'form'],
  ['setup', '/setup?token=fixture', 'form'],
] as const
/** They lie in test/e2e/out, to be looked at. */
const PICTURES = process.env['BAIYUAN_PICTURES'] !== undefined
const SIZES: Readonly<Record<string, Size>> = { wall: WALL, desk: DESK, phone: PHONE }
let browser: Browser
let fixture: Fixture

describe.skipIf(!browserPath())('pictures', () => {
  onFixture((opened) => ({ browser, fixture } = opened))

  test.each(['zh', 'en'])(
    'every page in %s at every size',
    async (lang) => {
      const watched = await openPage(browser, WALL)
      const { page, context, errors } = watched
      const wide: string[] = []
      const take = async (pages: readonly (readonly [string, string, string])[]) => {
        for (const [name, address, ready] of pages) {
          await page.goto(`${fixture.url}${address}${address.includes('?') ? '&' : '?'}lang=${lang}`)
          for (const [size, viewport] of Object.entries(SIZES)) {
            await page.setViewportSize({ ...viewport })
            await page.locator(ready).first().waitFor()
            await page.evaluate(
              'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))',
            )
            if (PICTURES) await shot(page, `${name}-${size}-${lang}`, name !== 'wall' || size === 'phone')
            const over = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
            if (Number(over) > 0) wide.push(`${name} ${size} ${lang} ${String(over)} px`)
          }
        }
      }
      await take(DOORS)
      const data = { name: 'administrator-1', password: PASSWORD }
      await page.request.post(`${fixture.url}/api/v1/session`, { data })
      await take(PAGES)
      expect(wide).toEqual([])
      expect(errors).toEqual([])
      await context.close()
    },
    180_000,
  )
})
