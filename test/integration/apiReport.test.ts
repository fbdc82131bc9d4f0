/** Shift reports over HTTP: what the page reads, and that the PDF holds the same texts in both languages. */
import zlib from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ShiftReport } from '#contract/report.ts'
import { reportText } from '#contract/reportText.ts'
import { Fixture, NOW } from './apiFixture.ts'

const api = new Fixture()
let cookies: ReturnType<Fixture['everyRole']>
const DAY = '2026-11-24'
const at = (path: string) => `/api/v1/firms/demo-a/report/${path}`
const settled = {
  day: DAY,
  shift: 0,
  revision: 2,
  at: NOW,
  offset: 44_941_213,
  reason: 'late_data',
  hash: 'ab'.repeat(32),
}

beforeAll(async () => {
  Object.assign(api.ledgersByFirm.get('demo-a')!, { settled: () => [settled] })
  await api.start()
  cookies = api.everyRole()
})
afterAll(() => api.stop())

const streamOf = (body: string): string =>
  zlib.inflateSync(Buffer.from(/stream\n(.*?)\nendstream/s.exec(body)![1]!, 'latin1')).toString('latin1')
const letterOf = (hex: string): string => Buffer.from(hex, 'hex').swap16().toString('utf16le')

/** What a PDF of pdfkit says: letters by each font's own table, in the order in which they are set. */
function lettersOf(pdf: Buffer): string {
  const text = pdf.toString('latin1')
  const objects = new Map(
    [...text.matchAll(/(\d+) 0 obj\n(.*?)\nendobj/gs)].map(([, id, body]) => [id!, body!]),
  )
  const tableOf = (id: string): string[] => {
    const map = /\/ToUnicode (\d+) 0 R/.exec(objects.get(id)!)![1]!
    return [...streamOf(objects.get(map)!).matchAll(/\[([^\]]*)\]/g)].flatMap(([, list]) =>
      [...list!.matchAll(/<([0-9a-f ]+)>/g)].map(([, hex]) => letterOf(hex!.replaceAll(' ', ''))),
    )
  }
  const fonts = new Map(
    [...text.matchAll(/\/(F\d+) (\d+) 0 R/g)].map(([, name, id]) => [name!, tableOf(id!)]),
  )
  const page = /\/Contents (\d+) 0 R/.exec(text)![1]!
  let font: string[] = []
  let said = ''
  for (const [, name, set] of streamOf(objects.get(page)!).matchAll(/\/(F\d+) [\d.]+ Tf|\[(.*?)\] TJ/g)) {
    if (name) font = fonts.get(name)!
    for (const [, hex] of (set ?? '').matchAll(/<([0-9a-f]+)>/g))
      for (const code of hex!.match(/.{4}/g)!) said += font[parseInt(code, 16)] ?? ''
  }
  return said
}

test.each(['zh', 'en'] as const)('the PDF says what the page says: %s', async (lang) => {
  const cookie = cookies.manager
  const answer = await api.call('GET', at(`shift?day=${DAY}&shift=0`), { cookie })
  const report = answer.body as ShiftReport
  expect(report.settled).toMatchObject({ revision: 2, offset: 44_941_213 })
  expect(report.lines.reduce((sum, { cost }) => sum + cost, 0)).toBe(report.figure.cost)
  const response = await fetch(`${api.url}${at(`shift.pdf?day=${DAY}&shift=0&lang=${lang}`)}`, {
    headers: { cookie },
  })
  expect(response.headers.get('content-type')).toBe('application/pdf')
  const pdf = Buffer.from(await response.arrayBuffer())
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
  const said = lettersOf(pdf).replaceAll(/\s/g, '')
  const text = reportText(report, lang)
  const texts = [
    text.shift,
    ...text.heads.flatMap(({ label, value }) => [label, value]),
    ...text.left[0]!.rows.flatMap(({ cells }) => cells.map((cell) => cell.text)),
    ...text.end.map((pair) => pair.text).filter((one) => !one.includes('UTC')),
    '44,941,213',
  ]
  expect(texts.filter((one) => !said.includes(one.replaceAll(/\s/g, '')))).toEqual([])
})

test('the list tells what has settled; the bureau sees no figure, nobody a shift that is not there', async () => {
  const list = await api.call('GET', at(`shifts?from=${DAY}&to=${DAY}`), { cookie: cookies.viewer })
  expect(list.body).toMatchObject([{ day: DAY, shift: 0, settled: { revision: 2, reason: 'late_data' } }])
  for (const path of ['shifts', `shift?day=${DAY}&shift=0`, `shift.pdf?day=${DAY}&shift=0`])
    expect((await api.call('GET', at(path), { cookie: cookies.reviewer })).status).toBe(403)
  const none = await api.call('GET', at(`shift.pdf?day=${DAY}&shift=7`), { cookie: cookies.viewer })
  expect(none.status).toBe(404)
})
