/** A day of the works on a running installation: told through real MQTT, costed as the works knows it, opened in a browser. */
import fs from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FigureRow } from '#contract/figures.ts'
import type { TruthRow } from '#contract/local.ts'
import { DAY } from '#domain/time.ts'
import { browserPath, DESK, launch, openPage, PHONE, shot, type Watched } from './browser.ts'
import { asTold, faultsOf, figures, firmOf, isMoney, livedBy, spanOf, tell, type Stretch } from './costRun.ts'
import { Installation } from './installation.ts'
import { writeWorks } from './works.ts'

const STRETCH: Stretch = { scenario: 'retrofit', date: '2026-03-08', days: 2, seed: 7, batch: 60 }
const installation = new Installation(writeWorks('elsewhere', 1))
let truth: TruthRow[]

beforeAll(async () => {
  await installation.start(['--no-simulator'])
  const { from, to } = spanOf(STRETCH)
  const all = await tell(installation, STRETCH)
  truth = all.filter((row) => row.from >= from && row.to <= to && row.to - row.from <= DAY)
}, 120_000)
afterAll(async () => {
  await installation.stop()
  installation.remove()
})

/** Registers tell whole units, so a window's begin and end are known to half of one; allowances are whole millionths. */
const fenOff = ({ name, scope, value }: TruthRow): number => {
  const gas = /gas/.test(name) || (name === 'cost.total' && scope.endsWith('paint-01')) ? 41 : 0
  return 2 + gas + (/material|total|^value/.test(name) ? Math.abs(value!) * 3e-6 : 0)
}

test('every element, line and value of plant and machines, of the day and its shifts, is the truth through two kills', async () => {
  const scopes = [...new Set(truth.filter(isMoney).map(({ scope }) => scope))]
  expect(scopes).toHaveLength(44)
  const rows: FigureRow[] = []
  for (const scope of scopes)
    for (const by of ['day', 'shift'] as const)
      rows.push(...(await figures(installation, STRETCH, by, scope)))
  const days = livedBy(STRETCH)
  const money = truth.filter(isMoney).map((row) => asTold(days, row))
  expect(money.length).toBe(44 * 3 * 31)
  expect(faultsOf(rows, money, fenOff)).toEqual([])
  const pieces = truth
    .filter(({ name, scope }) => /^pieces\.(good|scrap|rework)$/.test(name) && scope !== 'plant')
    .map((row) => asTold(days, row))
  expect(faultsOf(rows, pieces, () => 0)).toEqual([])
  const energy = truth.filter(({ name, scope }) => name === 'energy' && scopes.includes(scope))
  expect(energy).toHaveLength(44 * 3)
  // meters tell tens of watt-hours, and a window cuts two of their readings
  expect(faultsOf(rows, energy, () => 20)).toEqual([])
})

/** Whole hundredths, as figures are shown. */
const hundredths = (text: string): number =>
  Number(text.replaceAll(',', '').replace('.', '').replace('−', '-'))

const address = (path: string, lang: string, rest = '') =>
  `${installation.run().http}${path}?firm=${firmOf(STRETCH)}&lang=${lang}${rest}`

describe.skipIf(!browserPath())('in the browser', () => {
  const DATE = '2026-03-09'
  const LATHE = 'main/machining/l1/lathe-07'
  let browser: Browser
  let watched: Watched
  let page: Page

  beforeAll(async () => {
    browser = await launch()
    watched = await openPage(browser, DESK)
    page = watched.page
    page.setDefaultTimeout(20_000)
    const engineer = ['add', 'engineer-1', '--role', 'engineer', '--firm', firmOf(STRETCH)]
    const data = installation.tool<{ name: string; password: string }>('api/cli/user.ts', ...engineer)
    await page.request.post(`${installation.run().http}/api/v1/session`, { data })
  })
  afterAll(() => browser?.close())

  const texts = (selector: string) => page.locator(selector).allInnerTexts()

  test.each(['zh', 'en'])(
    'the cost page shows the figures of scripts, and its rows sum to it, %s',
    async (lang) => {
      const rows = await figures(installation, STRETCH, 'day', 'plant')
      const known = (name: string) => rows.find((row) => row.name === name)!.value
      await page.goto(address('/cost', lang, `&from=${DATE}&to=${DATE}`))
      await page.locator('[data-test=total-u]').waitFor()
      expect(hundredths(await page.locator('[data-test=u] b').innerText())).toBe(known('u'))
      expect(hundredths(await page.locator('[data-test=total-cost]').innerText())).toBe(known('cost.total'))
      for (const [cell, total] of [
        ['cost', 'total-cost'],
        ['u', 'total-u'],
      ]) {
        const lines = (await texts(`.cost-line [data-test=${cell}]`)).map(hundredths)
        expect(lines).toHaveLength(11)
        expect(lines.reduce((sum, line) => sum + line, 0)).toBe(
          hundredths(await page.locator(`[data-test=${total}]`).innerText()),
        )
      }
      await shot(page, `cost-day-1440-${lang}`, true)
      expect(watched.errors).toEqual([])
    },
  )

  test('u is followed to a machine, a quarter-hour and a raw message, and made again from the messages', async () => {
    await page.goto(address('/cost', 'zh', `&from=${DATE}&to=${DATE}`))
    await page.locator('[data-line=power] [data-trace]').first().click()
    const drawer = page.locator('dialog.drawer')
    await drawer.locator('[data-amount=electricity] button').click()
    await drawer.locator('[data-source] button').nth(1).click()
    await drawer.locator('[data-pane] button').first().click()
    await drawer.locator('[data-offset]').first().waitFor()
    await drawer.locator('[data-test=recompute]').click()
    await drawer.locator('[data-difference="0"]').waitFor()
    await shot(page, 'cost-trace-1440-zh')
    expect(watched.errors).toEqual([])
  })

  test.each(['zh', 'en'])('the shift report on a screen and as a PDF, %s', async (lang) => {
    const [row] = (await figures(installation, STRETCH, 'shift', 'plant')).filter(({ name }) => name === 'u')
    await page.goto(address('/report/shift', lang, `&day=${DATE}&shift=0`))
    const sheet = page.locator('[data-test=sheet]')
    await sheet.waitFor()
    expect(hundredths(await sheet.locator('.hero .sheet-figure b').innerText())).toBe(row!.value)
    const told = page.waitForEvent('download')
    await page.getByRole('button', { name: 'PDF' }).click()
    const file = await (await told).path()
    expect(fs.readFileSync(file).subarray(0, 5).toString()).toBe('%PDF-')
    expect(watched.errors).toEqual([])
  })

  test.each(['zh', 'en'])(
    'the reconciliation shows the month by element, on a phone too, %s',
    async (lang) => {
      await page.setViewportSize({ ...PHONE })
      await page.goto(address('/reconciliation', lang, '&month=2026-03'))
      await expect
        .poll(
          async () => {
            await page.reload()
            await page.locator('#books-month').waitFor()
            return page.locator('[data-element]').count()
          },
          { timeout: 110_000, interval: 1000 },
        )
        .toBe(15)
      const ours = (await texts('[data-element] [data-test=ours]')).map(hundredths)
      expect(ours.reduce((sum, one) => sum + one, 0)).toBe(
        hundredths(await page.locator('[data-test=ours-total]').innerText()),
      )
      await shot(page, `reconciliation-phone-${lang}`, true)
      expect(
        Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth')),
      ).toBeLessThanOrEqual(0)
      await page.setViewportSize({ ...DESK })
      await shot(page, `reconciliation-1440-${lang}`, true)
      expect(watched.errors).toEqual([])
    },
  )

  test('a correction is a revision: the figure before and after stand side by side, with the reason', async () => {
    const before = (await figures(installation, STRETCH, 'day', LATHE)).find(
      ({ name }) => name === 'pieces.scrap',
    )!
    await page.goto(address(`/machines/${LATHE}`, 'zh'))
    const panel = page.locator('.stop-reasons')
    await panel.locator('.correction-engineer > summary').click()
    await panel.locator('input[type=datetime-local]').fill(`${DATE}T11:00`)
    await panel.getByLabel('数量').fill('2')
    await panel.getByLabel('理由', { exact: true }).fill('末件复检')
    await panel.getByRole('button', { name: '提交' }).click()
    await panel.getByText(DATE).first().waitFor()
    await expect
      .poll(
        async () =>
          (await figures(installation, STRETCH, 'day', LATHE)).find(({ name }) => name === 'pieces.scrap')!
            .value,
        { timeout: 100_000, interval: 500 },
      )
      .toBe(before.value! + 2)
    await page.goto(address('/cost', 'zh', `&from=${DATE}&to=${DATE}`))
    const revisions = page.locator('#cost-revisions')
    await revisions.getByText('r1', { exact: true }).waitFor()
    await revisions.getByRole('button').first().click()
    await expect.poll(() => revisions.locator('.past tr').count()).toBeGreaterThanOrEqual(2)
    const [first, second] = await texts('#cost-revisions .past .past tr, #cost-revisions .past table tr')
    expect(first).toContain('r0')
    expect(second).toContain('r1')
    await revisions.scrollIntoViewIfNeeded()
    await shot(page, 'cost-revisions-1440-zh')
    expect(watched.errors).toEqual([])
  })
})
