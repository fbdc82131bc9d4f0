/** The simulators page on a running installation: a run beside the truth, a fault from the page to data health and the machine page. */
import fs from 'node:fs'
import path from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SimulationRun } from '#contract/local.ts'
import { callLocal, socketPath } from '#runtime/local.ts'
import { browserPath, DESK, launch, openPage, shot, type Watched } from './browser.ts'
import { Installation } from './installation.ts'

const PASSWORD = 'a long enough secret'
const LATHE = 'main/machining/l1/lathe-07'

describe.skipIf(!browserPath())('the simulators page', () => {
  const plants = fs.mkdtempSync('/tmp/by-plants-')
  fs.cpSync(path.resolve(import.meta.dirname, '../../plants/demo-a'), path.join(plants, 'demo-a'), {
    recursive: true,
  })
  const installation = new Installation(plants)
  let browser: Browser
  let watched: Watched
  let page: Page

  beforeAll(async () => {
    browser = await launch()
    await installation.start()
    watched = await openPage(browser, DESK)
    page = watched.page
    await page.goto(installation.run().signIn!)
    await page.getByLabel('姓名').fill('administrator-1')
    await page.getByLabel('密码', { exact: true }).fill(PASSWORD)
    await page.getByLabel('再输一遍密码').fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/wall/)
  })
  afterAll(async () => {
    await browser?.close()
    await installation.stop()
    installation.remove()
    fs.rmSync(plants, { recursive: true, force: true })
  })

  async function stateOfRun(): Promise<string | undefined> {
    const socket = socketPath(installation.data, 'simulators')
    const runs = await callLocal<SimulationRun[]>(socket, 'GET', '/runs')
    return runs.find(({ firm }) => firm === 'sim-retrofit-7')?.state
  }

  test('a scenario over a past hour is started, ends by itself, and what was computed equals the truth', async () => {
    await page.goto(`${installation.run().http}/sim?firm=demo-a&lang=zh`)
    await page.getByRole('button', { name: '启动…' }).click()
    const form = page.locator('dialog')
    await form.getByLabel('场景').selectOption('retrofit')
    await form.getByLabel('种子').fill('7')
    await form.getByText('一段时间').click()
    await form.locator('input[type=datetime-local]').nth(0).fill('2026-11-23T09:00')
    await form.locator('input[type=datetime-local]').nth(1).fill('2026-11-23T10:00')
    await form.getByText('发送信号').click()
    await form.getByRole('button', { name: '启动' }).click()
    await page.waitForURL(/firm=sim-retrofit-7/)
    await expect.poll(stateOfRun, { timeout: 60_000 }).toBe('ended')
    await page.getByText('已结束').first().waitFor()
    await page.getByRole('button', { name: '重新比对' }).click()
    const said = (name: string) => () => page.locator(`[data-test=${name}]`).innerText()
    await expect.poll(said('truth-window'), { timeout: 15_000 }).toContain('09:00')
    // states of 43 machines and UNKNOWN, registers of machines and meters: nothing differs, nothing is unknown
    await expect.poll(said('truth-counts'), { timeout: 15_000 }).toMatch(/合格 4\d\d\s+不合格 0\s+未知 0/)
    await shot(page, 'sim-run-1440-zh', true)
    expect(watched.errors).toEqual([])
  })

  test('a fault from the page is seen in data health and on the machine page, and ends', async () => {
    await page.goto(`${installation.run().http}/sim?firm=demo-a&lang=zh`)
    await page.getByRole('button', { name: '注入…' }).click()
    const form = page.locator('dialog')
    await form.getByLabel('故障', { exact: true }).selectOption('poison')
    if (await form.getByLabel('整个企业').isChecked()) await form.getByLabel('整个企业').uncheck()
    await form.locator('#fault-machines').selectOption(LATHE)
    await form.getByLabel(/概率/).fill('100')
    await form.getByRole('button', { name: '注入' }).click()
    await form.waitFor({ state: 'detached' })
    await page.getByText('毒消息').first().waitFor()
    await page.goto(`${installation.run().http}/data?firm=demo-a&lang=zh`)
    await page.getByText('不能解析').first().waitFor({ timeout: 30_000 })
    await page.goto(`${installation.run().http}/machines/main.machining.l1.lathe-07?firm=demo-a&lang=zh`)
    await page.getByText('隔离').first().waitFor({ timeout: 30_000 })
    await page.goto(`${installation.run().http}/sim?firm=demo-a&lang=zh`)
    await page
      .getByRole('button', { name: /停止|关/ })
      .first()
      .click()
    await page.getByText('没有故障在起作用').waitFor()
    expect(watched.errors).toEqual([])
  })
})
