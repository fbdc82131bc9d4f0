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
/** A past of months would only take time. */
const NO_PAST = { BAIYUAN_SIM_HISTORY: 'off' }
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
    await installation.start([], NO_PAST)
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
    const said = (name: string) => () => page.locator(`[data-test=${name}]`).innerText()
    await expect.poll(said('truth-window'), { timeout: 15_000 }).toContain('09:00')
    // states of 43 machines and UNKNOWN, registers of machines and meters: nothing differs and, once the pipeline has read all of it,
    // nothing is unknown
    const compared = async () => {
      await page.getByRole('button', { name: '重新比对' }).click()
      return said('truth-counts')()
    }
    await expect.poll(compared, { timeout: 15_000, interval: 500 }).toMatch(/合格 4\d\d\s+不合格 0\s+未知 0/)
    // everything that its 70 machines and meters made was acknowledged
    await page.locator('[data-test=devices-balance]', { hasText: '平衡' }).waitFor()
    const total = async () => {
      const cells = await page.locator('.device-table tfoot td').allInnerTexts()
      const [machines, made, ...told] = cells.map((text) => Number(text.replaceAll(',', '')))
      return { machines, some: made! > 1000, told: told.map((n) => n - made!) }
    }
    // sent, acknowledged: all of it; lost, waiting: nothing
    await expect
      .poll(async () => JSON.stringify(await total()), { timeout: 15_000 })
      .toMatch(/^{"machines":70,"some":true,"told":\[0,0,-(\d+),-\1\]}$/)
    await page.getByRole('button', { name: '数控车床', exact: true }).click()
    await expect.poll(() => page.locator('[data-device*="lathe-"]').count()).toBe(16)
    await shot(page, 'sim-run-1440-zh', true)
    expect(watched.errors).toEqual([])
  })

  test('cost, value, u and OEE of a past shift equal the truth to the fen that registers tell, though it is not settled yet', async () => {
    await page.goto(`${installation.run().http}/sim?firm=demo-a&lang=zh`)
    await page.getByRole('button', { name: '启动…' }).click()
    const form = page.locator('dialog')
    await form.getByLabel('场景').selectOption('retrofit')
    await form.getByLabel('种子').fill('9')
    await form.getByText('一段时间').click()
    await form.locator('input[type=datetime-local]').nth(0).fill('2026-11-23T08:00')
    await form.locator('input[type=datetime-local]').nth(1).fill('2026-11-23T17:00')
    await form.getByText('发送信号').click()
    await form.getByRole('button', { name: '启动' }).click()
    await page.waitForURL(/firm=sim-retrofit-9/)
    await page.getByText('已结束').first().waitFor({ timeout: 60_000 })
    await page.getByRole('button', { name: '上一班' }).click()
    const counts = page.locator('[data-test=truth-counts]')
    const compared = async () => {
      await counts.waitFor()
      await page.getByRole('button', { name: '重新比对' }).click()
      await page.locator('.truth-tools [disabled]').waitFor({ state: 'detached' })
      return counts.innerText()
    }
    // nothing differs; unknown is the OEE of those whose pieces are told when an order ends, and none has
    await expect
      .poll(compared, { timeout: 30_000, interval: 500 })
      .toMatch(/合格 6\d\d\s+不合格 0\s+未知 [0-3]$/)
    await page.locator('[data-test=truth-money]', { hasText: '尚未结算' }).waitFor()
    const verdicts = await page
      .locator('.sim-column :is([data-row^="cost."], [data-row^="value"], [data-row=u]) .verdict')
      .allInnerTexts()
    expect(verdicts.length).toBe(15 + 1 + 4 + 1)
    expect(verdicts.filter((verdict) => !/^\s*(?:相等|合格)/.test(verdict))).toEqual([])
    const cost = await page.locator('[data-row="cost.total"]').innerText()
    expect(Number(/[\d,]+\.\d\d/.exec(cost)![0].replaceAll(',', ''))).toBeGreaterThan(10_000)
    expect(watched.errors).toEqual([])
  })

  test('its seed is replayed as a firm of its own, which is stopped', async () => {
    await page.goto(`${installation.run().http}/sim?firm=sim-retrofit-7&lang=zh`)
    await page.getByRole('button', { name: '重放此种子' }).click()
    await page.waitForURL(/firm=sim-retrofit-7-2/)
    await page.getByRole('button', { name: '停止', exact: true }).click()
    await page.getByText('已停止 sim-retrofit-7-2').waitFor()
    await page.locator('[data-test=run-state]', { hasText: '已结束' }).waitFor()
    expect(await page.getByRole('button', { name: '注入…' }).count()).toBe(0)
    expect(watched.errors).toEqual([])
  })

  test('a fault from the page is seen in data health and on the machine page, and ends', async () => {
    await page.goto(`${installation.run().http}/sim?firm=demo-a&lang=zh`)
    await page.getByRole('button', { name: '注入…' }).click()
    const form = page.locator('dialog')
    await form.getByLabel('故障', { exact: true }).selectOption('furnace_holding')
    expect(await form.locator('#fault-machines option').allInnerTexts()).toEqual(['中频炉'])
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
    await page.locator('[data-did=poison]', { hasText: '隔离：' }).waitFor()
    expect(watched.errors).toEqual([])
  })

  test('a run that a restart of the simulators ended is said to be gone, and started again from what is known', async () => {
    await installation.stop()
    await installation.start([], NO_PAST)
    await page.goto(`${installation.run().http}/sim?firm=sim-retrofit-7&lang=zh`)
    await page.locator('[data-test=gone]', { hasText: '不再保留 sim-retrofit-7' }).waitFor()
    await page.getByRole('button', { name: '以同样的场景与种子启动…' }).click()
    const form = page.locator('dialog')
    expect(await form.getByLabel('场景').inputValue()).toBe('retrofit')
    expect(await form.getByLabel('种子').inputValue()).toBe('7')
    expect(await form.getByLabel('复制的工厂').inputValue()).toBe('sim-retrofit-7')
  })
})
