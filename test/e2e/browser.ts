/** A real browser for the page's tests: Debian's chromium by playwright-core, and a page that collects every error it shows. */
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { findChromium } from '../services.ts'

/** Path of a browser, which is installed when it can be; null: there is none. With CI set, none is an error. */
export function browserPath(): string | null {
  const found = findChromium()
  if ('path' in found) return found.path
  if (process.env['CI']) throw new Error(found.missing)
  return null
}

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: browserPath()!,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--font-render-hinting=none',
    ],
  })

export type Size = { readonly width: number; readonly height: number }
export const WALL: Size = { width: 1920, height: 1080 }
export const DESK: Size = { width: 1440, height: 900 }
export const PHONE: Size = { width: 390, height: 844 }

export type Watched = { readonly context: BrowserContext; readonly page: Page; readonly errors: string[] }

/** A fresh context with one page. `errors` gets every console error, policy violation and uncaught error. */
export async function openPage(browser: Browser, size: Size): Promise<Watched> {
  const context = await browser.newContext({
    locale: 'zh-CN',
    timezoneId: 'America/New_York', // the page shows Shanghai's time wherever it is opened
    viewport: { ...size },
    deviceScaleFactor: 1,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => {
    // A refused request is the browser's own line about what a test asked for; the page shows it in words.
    if (message.type() === 'error' && !/Failed to load resource|WebSocket connection/.test(message.text()))
      errors.push(message.text())
  })
  return { context, page, errors }
}

const out = fileURLToPath(new URL('out/', import.meta.url))
export async function shot(page: Page, name: string, fullPage = false): Promise<string> {
  fs.mkdirSync(out, { recursive: true })
  const file = path.join(out, `${name}.png`)
  await page.screenshot({ path: file, fullPage })
  return file
}
