/** Money of a whole shift on the simulators page: truth, computed, difference and cause; on a phone nothing is cut off. */
import type { Browser, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { browserPath, DESK, openPage, PHONE, shot } from './browser.ts'
import { PASSWORD } from './fixture/routes.ts'
import { onFixture } from './fixture/onFixture.ts'
import type { Fixture } from './fixture/server.ts'

let browser: Browser
let fixture: Fixture
const textOf = async (page: Page, name: string): Promise<string> =>
  (await page.locator(`.sim-column [data-row="${name}"]`).innerText()).replaceAll(/\s+/g, ' ').trim()

async function open(lang: 'zh' | 'en', size: typeof DESK) {
  const watched = await openPage(browser, size)
  const data = { name: 'engineer-1', password: PASSWORD }
  await watched.page.request.post(`${fixture.url}/api/v1/session`, { data })
  await watched.page.goto(`${fixture.url}/sim?lang=${lang}`)
  return watched
}

describe.skipIf(!browserPath())('cost, value, u and OEE of a shift beside the truth', () => {
  onFixture((opened) => ({ browser, fixture } = opened))

  test('each row shows truth, computed, difference and verdict, what is booked at another instant, and its cause', async () => {
    const { page, context, errors } = await open('zh', DESK)
    const money = page.locator('[data-test=truth-money]')
    await money.getByText('请选上一班或上一生产日').waitFor()
    await page.getByRole('button', { name: '上一班' }).click()
    await money.getByText('已结算').waitFor()
    expect(await textOf(page, 'cost.material')).toMatch(
      / 42,526.23 42,395.76 0.00 1.46 相等 核算在此记 −130.47：超定额发料/,
    )
    expect(await textOf(page, 'cost.electricity')).toMatch(/ 1,485.15 1,485.16 \+0.01 0.60 合格\s?计数步长$/)
    expect(await textOf(page, 'value.finished')).toMatch(
      / 79,075.00 76,495.00 −2,580.00 0.60 不合格 原因: 隔离 6 项：/,
    )
    expect(await textOf(page, 'u')).toMatch(/每百元产值成本.* 86.96 89.67 \+2.87 0.02 不合格/)
    const lathe = page.locator('[data-truth$="lathe-07"]')
    await lathe.getByRole('button', { name: '展开 车床 07' }).click()
    expect(await lathe.locator('[data-row=oee]').innerText()).toMatch(/合格/)
    const oven = page.locator('[data-truth$="oven-01"]')
    await oven.getByRole('button', { name: /^展开/ }).click()
    expect(await oven.locator('[data-row=oee]').innerText()).toMatch(/没有计算值[^]*件数未知/)
    await shot(page, 'sim-money-desk-zh', true)
    expect(errors).toEqual([])
    await context.close()
  })

  test.each([
    ['zh', PHONE, 'phone', '上一班'],
    ['en', PHONE, 'phone', 'Last shift'],
    ['en', DESK, 'desk', 'Last shift'],
  ] as const)(
    'in %s at %o nothing is wider than the screen, and a finger finds every button',
    async (lang, size, name, button) => {
      const { page, context, errors } = await open(lang, size)
      await page.getByRole('button', { name: button, exact: true }).click()
      await page.locator('.sim-column [data-row=u]').waitFor()
      await page.locator('.truth-only summary').first().click()
      await shot(page, `sim-money-${name}-${lang}`, true)
      const over = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
      expect(Number(over)).toBeLessThanOrEqual(0)
      const heights = await page
        .locator('.truth-tools button, .truth-only > summary')
        .evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().height)))
      expect(Math.min(...heights)).toBeGreaterThanOrEqual(size === PHONE ? 44 : 20)
      expect(errors).toEqual([])
      await context.close()
    },
  )
})
