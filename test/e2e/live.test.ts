/** The page on a running installation: the simulated works, a foreign client, a device that falls silent, services that are killed. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { machineId } from '#contract/topics.ts'
import { findMosquittoClient, suiteOf } from '../services.ts'
import { browserPath, DESK, launch, openPage, PHONE, shot, WALL, type Size, type Watched } from './browser.ts'
import { Installation, until } from './installation.ts'
import { machineOf, writeWorks } from './works.ts'

const FIRM = 'live-works'
const PASSWORD = 'a long enough secret'
const found = findMosquittoClient('mosquitto_pub')
const foreign = suiteOf(found, 'a foreign client')
const pub = 'path' in found ? found : null

/** Publishes one message as mosquitto_pub does it: nothing of ours on the sending side. */
function publish(
  installation: Installation,
  secret: { clientId: string; username: string; password: string },
  topic: string,
  body: object,
) {
  const [host, port] = installation.run().mqtt.split(':')
  const { clientId, username, password } = secret
  const args = [
    '-h',
    host!,
    '-p',
    port!,
    '-i',
    clientId,
    '-u',
    username,
    '-P',
    password,
    '-q',
    '1',
    '-t',
    topic,
    '-m',
    JSON.stringify(body),
  ]
  const done = spawnSync(pub!.path, args, { encoding: 'utf8', env: { ...process.env, ...pub!.env } })
  expect(done.stderr).toBe('')
  expect(done.status).toBe(0)
}

describe.skipIf(!browserPath() || foreign.skip)(
  `the page on a running installation, ${foreign.title}`,
  () => {
    const works = writeWorks(FIRM, 4)
    fs.cpSync(path.resolve(import.meta.dirname, '../../plants/demo-a'), path.join(works, 'demo-a'), {
      recursive: true,
    })
    const installation = new Installation(works)
    let browser: Browser
    let cookies: Awaited<ReturnType<Watched['context']['cookies']>> = []

    beforeAll(async () => {
      browser = await launch()
      await installation.start()
    })
    afterAll(async () => {
      await browser?.close()
      await installation.stop()
      installation.remove()
    })

    async function open(size: Size, address: string): Promise<Watched> {
      const watched = await openPage(browser, size)
      watched.context.setDefaultTimeout(20_000)
      await watched.context.addCookies(cookies)
      await watched.page.goto(installation.run().http + address)
      return watched
    }

    test('the printed link makes the first administrator; the works shows its 43 machines alive within 10 s', async () => {
      const watched = await openPage(browser, WALL)
      const { page, context } = watched
      await page.goto(installation.run().signIn!)
      await page.getByLabel('姓名').fill('administrator-1')
      await page.getByLabel('密码', { exact: true }).fill(PASSWORD)
      await page.getByLabel('再输一遍密码').fill(PASSWORD)
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/wall/)
      cookies = await context.cookies()
      await page.goto(`${installation.run().http}/wall?firm=demo-a&lang=zh`)
      await page.locator('[data-machine]').nth(42).waitFor({ timeout: 10_000 })
      expect(await page.locator('[data-machine]').count()).toBe(43)
      await expect
        .poll(() => page.locator('[data-machine][data-state=UNKNOWN]').count(), { timeout: 10_000 })
        .toBe(0)
      await page.locator('[data-test=connection][data-kind=live]:visible').first().waitFor()
      expect(watched.errors).toEqual([])
      await context.close()
    })

    test('a value from mosquitto_pub shows within 2 s, and is stale within its timeout once the device is silent', async () => {
      const machine = machineOf(1)
      const secret = await installation.device(`${FIRM}/${machine}`)
      const watched = await open(DESK, `/machines/${machineId(machine)}?firm=${FIRM}&lang=zh`)
      const { page } = watched
      await page.locator('[data-test=connection][data-kind=live]:visible').first().waitFor()
      const body = { ts: Date.now(), seq: 1, boot: 'f1', v: { power_kw: 7.251 } }
      publish(installation, secret, `v1/${FIRM}/${machine}/telemetry`, body)
      const began = performance.now()
      await page.locator('.value.fresh', { hasText: /7\.25/ }).first().waitFor()
      expect(performance.now() - began).toBeLessThan(2000)
      // stale_s of this works is 5
      await page.locator('.value.stale', { hasText: /7\.25/ }).first().waitFor({ timeout: 8000 })
      expect((performance.now() - began) / 1000).toBeGreaterThan(4)
      expect(watched.errors).toEqual([])
      await watched.context.close()
    })

    test('F4 a killed api is said and the page comes back by itself; after a killed ingest new values show again', async () => {
      const machine = machineOf(2)
      const secret = await installation.device(`${FIRM}/${machine}`)
      const watched = await open(DESK, `/machines/${machineId(machine)}?firm=${FIRM}&lang=zh`)
      const { page } = watched
      const kind = (name: string) => page.locator(`[data-test=connection][data-kind=${name}]:visible`).first()
      const sendAndSee = async (seq: number, value: number) => {
        const body = { ts: Date.now(), seq, boot: 'f4', v: { power_kw: value } }
        publish(installation, secret, `v1/${FIRM}/${machine}/telemetry`, body)
        await page
          .locator('.value.fresh', { hasText: String(value) })
          .first()
          .waitFor()
      }
      await kind('live').waitFor()
      await sendAndSee(1, 1.25)
      installation.kill('api')
      await kind('reconnecting').waitFor()
      await kind('live').waitFor({ timeout: 60_000 })
      await sendAndSee(2, 2.25)
      installation.kill('ingest')
      await until(() => installation.output.includes('ingest runs again'), 60_000)
      await kind('live').waitFor({ timeout: 60_000 })
      await sendAndSee(3, 3.25)
      expect(watched.errors).toEqual([])
      await watched.context.close()
    })

    test.each([
      ['wall', WALL, 'zh', '/wall'],
      ['wall', WALL, 'en', '/wall'],
      ['wall', PHONE, 'zh', '/wall'],
      ['machine', DESK, 'zh', '/machines/main.machining.l1.lathe-07'],
      ['data', DESK, 'zh', '/data'],
    ] as const)('a picture of the %s page on live data', async (name, size, lang, address) => {
      const watched = await open(size, `${address}?firm=demo-a&lang=${lang}`)
      await watched.page.locator('[data-test=connection][data-kind=live]:visible').first().waitFor()
      await watched.page.locator('.uplot, .coverage-name').first().waitFor()
      await shot(watched.page, `live-${name}-${size.width}-${lang}`, size !== WALL)
      expect(watched.errors).toEqual([])
      await watched.context.close()
    })
  },
)
