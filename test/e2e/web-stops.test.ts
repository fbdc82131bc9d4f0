/** An operator explains a stop on a phone with a thumb; an engineer sees old and new, and takes it back. */
import type { Browser, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { browserPath, DESK, openPage, PHONE, shot } from './browser.ts'
import { PASSWORD } from './fixture/routes.ts'
import { onFixture } from './fixture/onFixture.ts'
import type { Fixture } from './fixture/server.ts'

let browser: Browser
let fixture: Fixture
const signIn = (page: Page, name: string) =>
  page.request.post(`${fixture.url}/api/v1/session`, { data: { name, password: PASSWORD } })

describe.skipIf(!browserPath())('stop reasons', () => {
  onFixture((opened) => ({ browser, fixture } = opened))

  test('two taps on a phone, each with room for a thumb', async () => {
    const { page, context, errors } = await openPage(browser, PHONE)
    await signIn(page, 'operator-1')
    await page.goto(`${fixture.url}/stops?lang=zh`)
    await page.locator('.stop-rows > li').filter({ hasText: '待填' }).first().locator('[data-stop]').click()
    const row = page.locator('.stop-rows > li.opened')
    const small = await page
      .locator('.stop-reasons :is(button, input, select, summary), .page-head button')
      .evaluateAll((all) =>
        all
          .map((one) => [one.textContent!.trim(), Math.round(one.getBoundingClientRect().height)] as const)
          .filter(([, height]) => height > 0 && height < 44),
      )
    expect(small).toEqual([])
    await shot(page, 'stops-open-phone-zh')
    await row.locator('[data-reason="tool_change"]').click()
    await row.getByText('已记录：换刀').waitFor()
    await row.locator('.stop-reason', { hasText: '换刀' }).waitFor()
    await row.locator('.correction-history summary').click()
    await row.locator('.side-by-side', { hasText: '换刀' }).waitFor()
    await shot(page, 'stops-saved-phone-zh')
    await row.locator('[data-split]').click()
    await row.locator('[data-reason="quality"]').click()
    await page.locator('.stop-rows > li').filter({ hasText: '质量' }).first().waitFor()
    const over = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
    expect(Number(over)).toBeLessThanOrEqual(0)
    expect(errors).toEqual([])
    await context.close()
  }, 60_000)

  test('an engineer corrects a count of a machine and takes it back', async () => {
    const { page, context, errors } = await openPage(browser, DESK)
    await signIn(page, 'engineer-1')
    await page.goto(`${fixture.url}/machines/main/lathe/l1/lathe-07?lang=en`)
    const panel = page.locator('.stop-reasons')
    await panel.locator('.correction-engineer > summary').click()
    await panel.getByRole('button', { name: 'Send' }).click()
    await panel.getByText('Please fill in what is needed.').waitFor()
    await panel.getByLabel('Quantity').fill('-2')
    await panel.getByLabel('Reason', { exact: true }).fill('counted twice')
    await panel.getByRole('button', { name: 'Send' }).click()
    await panel.getByText('Accepted as no.').waitFor()
    const history = panel.locator('> .correction-history')
    await history.locator('summary').click()
    await history.getByText('scrap 1').waitFor()
    await shot(page, 'stops-machine-desk-en', true)
    await history.getByRole('button', { name: 'Withdraw' }).first().click()
    await panel.locator('> .correction-history summary', { hasText: 'Corrections 2' }).waitFor()
    expect(errors).toEqual([])
    await context.close()
  }, 60_000)
})
