/** The page in a real browser against the fixture plant: what a person sees, does, and must never be told. */
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { browserPath, DESK, openPage, PHONE, shot, type Size, WALL, type Watched } from './browser.ts'
import { PASSWORD, SETUP_TOKEN } from './fixture/routes.ts'
import { onFixture } from './fixture/onFixture.ts'
import type { Fixture } from './fixture/server.ts'

const LATHE = 'main/lathe/l1/lathe-07'
const METER = 'main/utilities/meters/m00'
const dist = fileURLToPath(new URL('../../dashboards/web/dist', import.meta.url))
let browser: Browser
let fixture: Fixture
const errors: string[] = []

async function open(size: Size, as: string | null, address: string): Promise<Watched> {
  const watched = await openPage(browser, size)
  watched.context.setDefaultTimeout(20_000)
  if (as) {
    const data = { name: as, password: PASSWORD }
    await watched.page.request.post(`${fixture.url}/api/v1/session`, { data })
  }
  await watched.page.goto(fixture.url + address)
  return watched
}
/** Closes the page; whatever it complained about fails the test. */
async function expectQuiet({ context, errors: found }: Watched): Promise<void> {
  await context.close()
  errors.push(...found)
  expect(found).toEqual([])
}
const tile = (page: Page, name: string) => page.locator(`[data-machine$="${name}"]`)
const sideways = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')

const priceFile = (price: string) => ({
  name: 'prices.csv',
  mimeType: 'text/csv',
  buffer: Buffer.from(`产品,生效日期,不含税单价,来源\nz41h-16c-dn100,2026-06-01,${price},函 12\n`),
})

describe.skipIf(!browserPath())('the page', () => {
  onFixture((opened) => ({ browser, fixture } = opened))

  test('a person signs in, is told when the password is wrong, and comes to the page asked for', async () => {
    const watched = await open(DESK, null, '/machines?lang=zh')
    const { page } = watched
    await page.waitForURL(/sign-in/)
    await page.getByLabel('姓名').fill('engineer-1')
    await page.getByLabel('密码').fill('not the password')
    await page.keyboard.press('Enter')
    await page.getByText('姓名或密码不对。').waitFor()
    await page.getByLabel('密码').fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/machines\?.*firm=demo-a/)
    await page.getByRole('link', { name: '车床 07' }).waitFor()
    await expectQuiet(watched)
  })

  test('the first administrator is made by the printed link', async () => {
    const watched = await open(DESK, null, `/setup?token=${SETUP_TOKEN}&lang=en`)
    const { page } = watched
    await page.getByLabel('Name').fill('administrator-2')
    await page.getByLabel('Password', { exact: true }).fill('a long enough secret')
    await page.getByLabel('Password again').fill('another secret')
    await page.getByRole('button', { name: 'Make and sign in' }).click()
    await page.getByText('The two passwords differ.').waitFor()
    await page.getByLabel('Password again').fill('a long enough secret')
    await page.getByRole('button', { name: 'Make and sign in' }).click()
    await page.waitForURL(/\/wall/)
    await expectQuiet(watched)
  })

  test('an address from outside is not followed after the sign-in', async () => {
    const watched = await open(DESK, null, '/sign-in?next=//evil.example/x')
    await watched.page.getByLabel('姓名').fill('viewer-1')
    await watched.page.getByLabel('密码').fill(PASSWORD)
    await watched.page.keyboard.press('Enter')
    await watched.page.waitForURL(/\/wall/)
    await expectQuiet(watched)
  })

  test('the wall shows all 43 machines without a scroll, in groups, with shape and word', async () => {
    const watched = await open(WALL, 'engineer-1', '/wall?lang=zh')
    const { page } = watched
    await tile(page, 'lathe-07').waitFor()
    expect(await page.locator('[data-machine]').count()).toBe(43)
    expect(await tile(page, 'lathe-11').getAttribute('data-state')).toBe('FAULT')
    expect(await tile(page, 'lathe-11').getAttribute('aria-label')).toMatch(/车床 11, 故障, 主轴过载/)
    expect(await page.locator('[data-test=counts] [data-state=RUN] b').textContent()).toBe('29')
    const scroll = 'document.documentElement.scrollHeight - document.documentElement.clientHeight'
    expect([await sideways(page), await page.evaluate(scroll)]).toEqual([0, 0])
    await expectQuiet(watched)
  })

  test('the wall shows what 100 yuan of output cost, in eleven lines that sum to it, and where it stands to its target', async () => {
    const watched = await open(WALL, 'engineer-1', '/wall?lang=zh')
    const { page } = watched
    const hero = page.locator('[data-test=u]')
    await hero.getByText('91.37').waitFor()
    await page.getByText('▲ 高于目标 1.37').waitFor()
    const lines = await page.locator('[data-line] b').allTextContents()
    expect(lines).toHaveLength(11)
    expect(lines.reduce((sum, text) => sum + Math.round(Number(text) * 100), 0)).toBe(9137)
    expect(await page.locator('[data-test=loss]').count()).toBe(3)
    await page.locator('[data-line=power] a').click()
    await page.waitForURL(/\/wall\?.*trace=line:power/)
    await expectQuiet(watched)
  })

  test('a machine shows its OEE with what was lost, its electricity by tariff period, and another shift when asked', async () => {
    const watched = await open(DESK, 'engineer-1', `/machines/${LATHE}?lang=zh`)
    const { page } = watched
    const oee = page.locator('[data-test=oee]')
    await oee.getByText('73.0').waitFor()
    expect(await oee.locator('[data-step]').allTextContents()).toEqual([
      expect.stringMatching(/可用率 A.*−62 分.*81.3 %/),
      expect.stringMatching(/性能 E.*−21 分.*92.4 %/),
      expect.stringMatching(/质量 Q.*−7 分.*97.1 %/),
    ])
    await page.locator('[data-test=energy]').getByText('17.02').waitFor()
    await oee.getByRole('button', { name: '全天' }).click()
    await page.waitForURL(/shift=day/)
    await oee.getByText('前一日 71.2 %').waitFor()
  })

  test('u of the wall is followed to a machine, a quarter-hour and a raw message, and made again from the messages', async () => {
    const watched = await open(WALL, 'engineer-1', '/wall?lang=zh')
    const { page } = watched
    await page.locator('[data-trace=u]').first().click()
    const drawer = page.locator('dialog.drawer')
    await drawer.locator('[data-test=figure]', { hasText: '91.37' }).waitFor()
    await drawer.locator('[data-amount=electricity] button').click()
    await page.waitForURL(/amount=electricity/)
    await drawer.locator('[data-source] button').nth(1).click()
    await page.waitForURL(/machine=main/)
    await drawer.locator('[data-pane] button').first().click()
    await page.waitForURL(/at=\d+/)
    await drawer.locator('[data-offset="48197204"]', { hasText: '48,197,204' }).waitFor()
    await drawer.locator('[data-test=growth]', { hasText: '183,396.20 − 183,395.20 = 1.00 kWh' }).waitFor()
    // elements to the cost, machines to the element, quarter-hours to the machine
    expect(await drawer.locator('[data-test=sums]').count()).toBe(3)
    await drawer.locator('[data-test=recompute]').click()
    await drawer.locator('[data-difference="0"]', { hasText: '与账本差 0 纳元' }).waitFor()
    const address = page.url()
    await page.reload()
    await drawer.locator('[data-offset="48197204"]').waitFor()
    expect(page.url()).toBe(address)
    await page.keyboard.press('Escape')
    await drawer.waitFor({ state: 'detached' })
    expect(new URL(page.url()).search).not.toMatch(/trace|amount|machine|at=/)
    await page.goto(`${fixture.url}/wall?lang=zh&trace=element:steam`)
    await drawer.getByText('不是这里能追溯的数字').waitFor()
    await expectQuiet(watched)
  })

  test('a plant without prices shows what its machines do, and says what is missing', async () => {
    const watched = await open(WALL, 'administrator-1', '/wall?lang=zh&firm=demo-b')
    await watched.page.locator('[data-test=unvalued]').getByText('还不能计算成本').waitFor()
    expect(await watched.page.locator('[data-test=running]').textContent()).toMatch(/^\d+$/)
    await expectQuiet(watched)
  })

  test('a value of a foreign client shows within two seconds', async () => {
    const watched = await open(DESK, 'engineer-1', `/machines/${LATHE}?lang=zh`)
    const cell = watched.page.locator('[data-measure=power_kw] [data-test=value]')
    await cell.getByText('kW').waitFor()
    const before = performance.now()
    fixture.setValue(LATHE, 'power_kw', 19.87)
    await cell.getByText('19.87').waitFor({ timeout: 2000 })
    expect(performance.now() - before).toBeLessThan(2000)
    await expectQuiet(watched)
  })

  test('a null shows its reason, never 0 and never the last value as current', async () => {
    const watched = await open(DESK, 'engineer-1', `/machines/${LATHE}?lang=zh`)
    fixture.setValue(LATHE, 'power_kw', null, 'bad:sensor_open')
    const row = watched.page.locator('[data-measure=power_kw]')
    await row.getByText('传感器断路').waitFor()
    expect((await row.locator('[data-test=value]').textContent())?.trim()).toBe('—')
    fixture.setValue(LATHE, 'power_kw', 6.31)
    await expectQuiet(watched)
  })

  test('a release and a discard go through the journal, with the reason asked for', async () => {
    const watched = await open(DESK, 'engineer-1', '/data?lang=zh')
    const { page } = watched
    await page.locator('[data-reason=conflict]').click()
    await page.locator('mark', { hasText: '3235' }).waitFor()
    await page.getByRole('button', { name: '放行' }).click()
    await page.getByText('请写原因。').waitFor()
    await page.getByLabel('原因（必填，写入审计）').fill('复位后补报')
    await page.getByRole('button', { name: '放行' }).click()
    await page.getByText('已放行，日志偏移 48,210,391。').first().waitFor()
    expect([...fixture.world.quarantine.values()].filter(({ status }) => status === 'released')).toHaveLength(
      1,
    )

    fixture.world.deeds = 'pending'
    await page.getByLabel('原因（必填，写入审计）').fill('重复上报')
    await page.getByRole('button', { name: '丢弃' }).click()
    await page.getByText('等待处理结果').first().waitFor()
    await page.getByText('处理完成：1 项。').first().waitFor()

    fixture.world.deeds = 'refused'
    await page.getByLabel('原因（必填，写入审计）').fill('再试')
    await page.getByRole('button', { name: '丢弃' }).click()
    await page.getByText('未执行：这一项已经处理过。').first().waitFor()
    fixture.world.deeds = 'accepted'
    await expectQuiet(watched)
  })

  test('who may not decide is told why, and who may not manage people has no such page', async () => {
    const watched = await open(DESK, 'viewer-1', '/data?lang=zh')
    const { page } = watched
    await page.locator('[data-reason=out_of_range]').click()
    await page.getByText('只有工程师可以放行或丢弃。你的角色是查看者。').waitFor()
    for (const hidden of ['人员', '仿真'])
      expect(await page.getByRole('navigation').getByText(hidden).count()).toBe(0)
    await expectQuiet(watched)
  })

  test('a meter has its newest values, and is neither a tile nor in a state', async () => {
    const watched = await open(DESK, 'engineer-1', '/machines?lang=zh')
    const { page } = watched
    const row = page.locator(`[data-meter="${METER}"]`)
    await row.getByText('kWh').waitFor()
    expect(await page.locator('.machine-row').count()).toBe(43)
    await row.getByRole('link').click()
    await page.getByText('计量表：只测量，没有状态').waitFor()
    expect(await page.locator('[data-test=state]').count()).toBe(0)
    await page.goto(`${fixture.url}/data?lang=zh`)
    await page.getByText('计量表，4 块').waitFor()
    expect(await page.locator('.coverage-strip').count()).toBe(43)
    await expectQuiet(watched)
  })

  test('an engineer injects a fault, is told by the field what does not fit, and ends it', async () => {
    const watched = await open(DESK, 'engineer-1', '/sim?lang=zh')
    const { page } = watched
    await page.getByRole('button', { name: '注入…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('故障').selectOption('worn_tool')
    await dialog.getByRole('button', { name: '注入' }).click()
    await dialog.getByText('请至少选一台机器。').waitFor()
    await dialog.getByLabel('选中的机器').selectOption('main/hot/l1/furnace-01')
    await dialog.getByRole('button', { name: '注入' }).click()
    await dialog.getByText('worn_tool does not happen on').waitFor()
    await dialog.getByLabel('选中的机器').selectOption(LATHE)
    await dialog.getByLabel('持续几分钟').fill('30')
    await dialog.getByRole('button', { name: '注入' }).click()
    await page.getByText('已注入 刀具磨损。').waitFor()
    const row = page.locator('[data-fault=f5]')
    await row.getByText('30 分').waitFor()
    await row.getByRole('button', { name: '停止' }).click()
    await row.waitFor({ state: 'detached' })
    await expectQuiet(watched)
  })

  test('truth stands beside computed, and what fails names its cause', async () => {
    const watched = await open(DESK, 'engineer-1', '/sim?lang=zh')
    const { page } = watched
    await page.locator('[data-test=truth-counts]').getByText('不合格 1').waitFor()
    await page.getByRole('button', { name: '只看不合格' }).click()
    expect(await page.locator('[data-truth]').count()).toBe(1)
    const machine = page.locator('[data-truth$=lathe-11]')
    await machine.getByRole('button', { name: '展开 车床 11' }).click()
    const line = machine.locator('[data-row="pieces.good"]')
    expect(await line.textContent()).toMatch(/−6.*不合格/)
    await line.getByRole('link', { name: '故障 漏计' }).click()
    expect(page.url()).toContain('#fault-f2')
    await expectQuiet(watched)
  })

  test('a file with a faulty row is not put; mended, it shows what changes, and is', async () => {
    const watched = await open(DESK, 'manager-1', '/records?kind=product&key=z41h-16c-dn100&lang=zh')
    const { page } = watched
    await page.getByRole('button', { name: '导入…' }).click()
    const put = page.getByRole('button', { name: /^写入/ })
    await page.locator('#records-file').setInputFiles(priceFile('-1'))
    const fault = page.locator('[data-fault]')
    await fault.getByText('不能小于 0').waitFor()
    expect(await fault.innerText()).toMatch(/2\s+不含税单价/)
    expect(await put.isDisabled()).toBe(true)
    await page.locator('#records-file').setInputFiles(priceFile('1200'))
    const change = page.locator('[data-change]')
    await change.waitFor()
    expect(await change.innerText()).toMatch(/1,150\s+1,200/)
    await page.getByText('成为新的计价版本').waitFor()
    await put.click()
    await page.getByText('已写入 1 条记录。').waitFor()
    await page.locator('.steps li').nth(1).waitFor()
    expect(await page.locator('.steps li').first().innerText()).toMatch(/2026-06-01[^]*1,150 → 1,200/)
    await expectQuiet(watched)
  })

  test('an administrator adds a person, sees the password once, and disables', async () => {
    const watched = await open(DESK, 'administrator-1', '/people?lang=en')
    const { page } = watched
    await page.getByRole('button', { name: 'Add a person' }).click()
    await page.getByLabel('Name').fill('operator-2')
    await page.getByLabel('Role').selectOption('operator')
    await page.getByRole('button', { name: 'Save' }).click()
    expect(await page.locator('[data-test=secret]').inputValue()).toMatch(/^[\w-]{16,}$/)
    await page.getByRole('button', { name: 'Close' }).click()
    const row = page.locator('[data-person=operator-2]')
    await row.getByRole('button', { name: 'Disable' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click()
    await row.getByText('disabled').waitFor()
    await expectQuiet(watched)
  })

  test('the firm is switched in the header and stands in the address', async () => {
    const watched = await open(DESK, 'administrator-1', '/machines?lang=zh')
    await watched.page.getByRole('combobox', { name: '企业' }).selectOption('demo-b')
    await watched.page.waitForURL(/firm=demo-b/)
    await watched.page.locator('.machine-row').nth(4).waitFor()
    expect(await watched.page.locator('.machine-row').count()).toBe(5)
    await expectQuiet(watched)
  })

  test('everything is reached by keyboard: skip link, navigation, a dialog that keeps the focus', async () => {
    const watched = await open(DESK, 'engineer-1', `/machines/${LATHE}?lang=zh`)
    const { page } = watched
    await page.locator('[data-disposition]').first().waitFor()
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('跳到正文')
    const raw = page.locator('.raw').first()
    await raw.focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.waitFor()
    for (let i = 0; i < 5; i++) await page.keyboard.press('Tab')
    expect(
      await page.evaluate(
        'document.activeElement === document.body || !!document.activeElement.closest("dialog")',
      ),
    ).toBe(true)
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    expect(await page.evaluate('document.activeElement.className')).toContain('raw')
    await expectQuiet(watched)
  })

  test('language switches the words, the language attribute and the address', async () => {
    const watched = await open(DESK, 'engineer-1', '/data?lang=zh')
    await watched.page.getByRole('link', { name: 'Switch to English' }).click()
    await watched.page.getByRole('heading', { name: 'Data health' }).waitFor()
    expect(await watched.page.evaluate('document.documentElement.lang')).toBe('en')
    expect(watched.page.url()).toContain('lang=en')
    await expectQuiet(watched)
  })

  test.each(['/wall', '/machines', `/machines/${LATHE}`, `/machines/${METER}`, '/data', '/sim', '/people'])(
    'at 390 px nothing scrolls sideways and targets are 44 px: %s',
    async (address) => {
      const watched = await open(PHONE, 'administrator-1', `${address}?lang=en`)
      await watched.page.getByRole('heading').first().waitFor({ state: 'attached' })
      await watched.page.locator('.panel').first().waitFor()
      expect(await sideways(watched.page)).toBe(0)
      const small: unknown = await watched.page.evaluate(
        `[...document.querySelectorAll('main button, nav.bottom a, nav.bottom button, main .btn, main select')].filter((e) => e.getClientRects().length && e.getBoundingClientRect().height < 44).map((e) => e.outerHTML.slice(0, 90))`,
      )
      expect(small).toEqual([])
      await expectQuiet(watched)
    },
  )

  test('on a phone every page is at most two taps away', async () => {
    const watched = await open(PHONE, 'administrator-1', '/wall?lang=zh')
    const { page } = watched
    const nav = page.locator('nav.bottom')
    expect(await nav.locator('> *').allInnerTexts()).toEqual(['现场', '设备', '成本', '班报', '更多'])
    await nav.getByRole('button', { name: '更多' }).click()
    await shot(page, 'more-pages-phone-zh')
    await nav.getByRole('link', { name: '记录' }).click()
    await page.waitForURL(/records/)
    await nav.locator('#more-pages').waitFor({ state: 'detached' })
    expect(await nav.locator('button.here').innerText()).toBe('更多')
    await expectQuiet(watched)
  })

  test('a silent machine becomes unknown within its timeout, although the socket is open', async () => {
    const watched = await open(WALL, 'engineer-1', '/wall?lang=zh')
    const { page } = watched
    await tile(page, 'lathe-01').waitFor()
    expect(await tile(page, 'lathe-01').getAttribute('data-state')).toBe('RUN')
    const plant = fixture.world.plants.get('demo-a')!
    const machine = plant.machines.find(({ path: at }) => at.endsWith('lathe-01'))!
    machine.stateStaleMs = 1500
    await page.reload()
    fixture.silence(machine.path)
    await page.locator('[data-machine$="lathe-01"][data-state=UNKNOWN]').waitFor({ timeout: 10_000 })
    await expectQuiet(watched)
  })

  test('a silent connection is late, a cut one freezes the page and comes back by itself', async () => {
    const watched = await open(WALL, 'engineer-1', '/wall?lang=zh')
    const { page } = watched
    const kind = (name: string) => page.locator(`[data-test=connection][data-kind=${name}]`).first()
    await kind('live').waitFor()
    fixture.flow(false)
    await kind('late').waitFor({ timeout: 15_000 })
    fixture.flow(true)
    await kind('live').waitFor()
    fixture.cut(true)
    await kind('reconnecting').waitFor()
    expect(await page.locator('.frame.frozen').count()).toBe(1)
    expect(await page.locator('.tiles.frozen').count()).toBe(1)
    fixture.cut(false)
    await kind('live').waitFor({ timeout: 20_000 })
    expect(await page.locator('.frame.frozen').count()).toBe(0)
    await expectQuiet(watched)
  })

  test('after a minute without a frame the figures are gone and say so', async () => {
    const watched = await openPage(browser, WALL)
    const { page } = watched
    await page.clock.install()
    await page.request.post(`${fixture.url}/api/v1/session`, {
      data: { name: 'engineer-1', password: PASSWORD },
    })
    await page.goto(`${fixture.url}/wall?lang=zh`)
    await page.clock.runFor(1000)
    await tile(page, 'lathe-07').waitFor()
    fixture.cut(true)
    await page.clock.runFor(62_000)
    await page.locator('[data-test=connection][data-kind=offline]').first().waitFor()
    expect(await page.locator('[data-test=u]').textContent()).toBe('—')
    await page.getByText('不可作为现状').first().waitFor()
    fixture.cut(false)
    await expectQuiet(watched)
  })

  test('an ended session leads to the sign-in and back', async () => {
    const watched = await open(DESK, 'engineer-1', '/data?lang=zh')
    await watched.page.getByRole('heading', { name: '数据健康' }).waitFor()
    fixture.world.sessions.clear()
    // The page asks again within 5 s by itself.
    await watched.page.waitForURL(/sign-in\?next=/)
    await watched.page.getByText('会话已结束，请重新登录。').waitFor()
    await watched.page.getByLabel('姓名').fill('engineer-1')
    await watched.page.getByLabel('密码').fill(PASSWORD)
    await watched.page.keyboard.press('Enter')
    await watched.page.waitForURL(/\/data/)
    await expectQuiet(watched)
  })

  test('T8 markup in names and messages is shown as text', async () => {
    const plant = fixture.world.plants.get('demo-a')!
    const machine = plant.machines.find(({ path: at }) => at.endsWith('bench-04'))!
    const before = machine.title
    machine.title = { zh: '<img src=x onerror=alert(1)>{{7*7}}', en: '<script>alert(1)</script>' }
    const watched = await open(DESK, 'engineer-1', '/machines?lang=zh')
    await watched.page.getByText('<img src=x onerror=alert(1)>{{7*7}}').waitFor()
    expect(await watched.page.locator('main img, main script').count()).toBe(0)
    machine.title = before
    await expectQuiet(watched)
  })
})

test('T8 the built page evaluates no code, holds no inline script or style, and is small', () => {
  const scripts = fs
    .readdirSync(path.join(dist, 'assets'))
    .filter((file) => file.endsWith('.js'))
    .map((file) => ({ file, text: fs.readFileSync(path.join(dist, 'assets', file), 'utf8') }))
  expect(scripts.length).toBeGreaterThan(0)
  // engine.io's last resort for finding the global object: never reached where `self` exists.
  const harmless = /Function\(["'`]return this["'`]\)\(\)/g
  const evaluates = /\bnew Function\(|(?<![.\w])Function\(["'`]|(?<![.\w])eval\(/
  const guilty = scripts.filter(({ text }) => evaluates.test(text.replaceAll(harmless, '')))
  expect(guilty.map(({ file }) => file)).toEqual([])
  const html = fs.readFileSync(path.join(dist, 'index.html'), 'utf8')
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|https?:\/\//)
  const sizes = new Map(scripts.map(({ file, text }) => [file, text]))
  const entry = /src="\/assets\/([^"]+\.js)"/.exec(html)?.[1] ?? ''
  const loads = (file: string, seen = new Set<string>()): Set<string> => {
    if (seen.has(file)) return seen
    seen.add(file)
    for (const [, other] of sizes.get(file)!.matchAll(/(?:from|import)\s*["'`]\.\/([\w.-]+\.js)["'`]/g))
      loads(other!, seen)
    return seen
  }
  const weight = (page: string): number =>
    [...loads(page, loads(entry))].reduce((sum, file) => sum + sizes.get(file)!.length, 0)
  expect(sizes.has(entry)).toBe(true)
  expect(Math.max(...[...sizes.keys()].map(weight))).toBeLessThan(350_000)
  expect(scripts.filter(({ text }) => text.includes('ZodError')).map(({ file }) => file)).toEqual([])
})

test('no page complained', () => expect(errors).toEqual([]))
