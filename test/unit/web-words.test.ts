/** Both languages say the same things, and every name of the contract has its words. */
import { describe, expect, test } from 'vitest'
import { createI18n } from 'vue-i18n'
import { MACHINE_STATES } from '#domain/plant/plant.ts'
import { LINES } from '#domain/accounting/elements/catalogue.ts'
import { PERIODS } from '#domain/accounting/electricity/contract.ts'
import { LOSS_KINDS } from '#domain/accounting/loss.ts'
import { VALUE_STATUSES } from '#domain/accounting/u.ts'
import { REFUSALS, ROLES } from '#contract/control.ts'
import { DISPOSITIONS, FLAGS, QUARANTINE_REASONS } from '#contract/dispositions.ts'
import { ROW_FAULTS } from '#contract/recordViews.ts'
import { DEVICE_CLASSES } from '#contract/topics.ts'
import { FILE_FAULTS } from '../../api/records/table.ts'
import { ROLE_ORDER } from '../../dashboards/web/src/parts/roles.ts'
import { en } from '../../dashboards/web/src/words/en.ts'
import { enCost } from '../../dashboards/web/src/words/en-cost.ts'
import { enPhone } from '../../dashboards/web/src/words/en-phone.ts'
import { enRecords } from '../../dashboards/web/src/words/en-records.ts'
import { zhCost } from '../../dashboards/web/src/words/zh-cost.ts'
import { enBooks } from '../../dashboards/web/src/words/en-books.ts'
import { zhBooks } from '../../dashboards/web/src/words/zh-books.ts'
import { zhPhone } from '../../dashboards/web/src/words/zh-phone.ts'
import { zhRecords } from '../../dashboards/web/src/words/zh-records.ts'
import { zh } from '../../dashboards/web/src/words/zh.ts'

type Tree = { readonly [key: string]: string | Tree }
const flat = (tree: Tree, under = ''): [string, string][] =>
  Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[under + key, value] as [string, string]] : flat(value, `${under}${key}.`),
  )
const words = {
  zh: new Map(flat({ ...zh, ...zhBooks, ...zhCost, ...zhRecords, ...zhPhone })),
  en: new Map(flat({ ...en, ...enBooks, ...enCost, ...enRecords, ...enPhone })),
}
const slotsOf = (catalogue: ReadonlyMap<string, string>) =>
  Object.fromEntries([...catalogue].map(([key, text]) => [key, slots(text)]))
const slots = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).toSorted()

test('the two catalogues have the same keys', () =>
  expect([...words.en.keys()].toSorted()).toEqual([...words.zh.keys()].toSorted()))

test('no word is empty, and each has the same slots in both languages', () => {
  const empty = [...words.zh, ...words.en].filter(([, text]) => text.trim() === '').map(([key]) => key)
  expect(empty).toEqual([])
  expect(slotsOf(words.en)).toEqual(slotsOf(words.zh))
})

test('English has no Chinese and no Chinese punctuation but the name of the language', () => {
  const chinese = /[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]/
  const found = [...words.en].filter(([key, text]) => !key.startsWith('language.') && chinese.test(text))
  expect(found).toEqual([])
})

describe('every name of the contract has words', () => {
  test.each([
    ['state', [...MACHINE_STATES, 'UNKNOWN']],
    ['reason', QUARANTINE_REASONS],
    ['remedy', QUARANTINE_REASONS],
    ['flag', FLAGS],
    ['refusal', REFUSALS],
    ['disposition', DISPOSITIONS],
    ['klass', DEVICE_CLASSES],
    ['records.fault', ROW_FAULTS],
    ['records.refused', Object.keys(FILE_FAULTS)],
    ['role', ROLES],
    ['line', LINES],
    ['period', PERIODS],
    ['loss', LOSS_KINDS],
    ['valueStatus', VALUE_STATUSES],
  ])('%s', (under, names) => {
    expect(names.filter((name) => !words.zh.has(`${under}.${name}`))).toEqual([])
  })

  test('every role can be given', () => expect([...ROLE_ORDER].toSorted()).toEqual([...ROLES].toSorted()))
})

test('messages are compiled without evaluating code', () => {
  const made = globalThis.Function
  const forbidden = (() => {
    throw new Error('code was evaluated')
  }) as unknown as FunctionConstructor
  globalThis.Function = forbidden
  try {
    const i18n = createI18n({
      legacy: false,
      locale: 'zh',
      messages: { zh: { ...zh, ...zhBooks, ...zhCost, ...zhRecords, ...zhPhone }, en },
    })
    const plain = [...words.zh].filter(([, text]) => slots(text).length === 0)
    expect(plain.map(([key]) => i18n.global.t(key))).toEqual(plain.map(([, text]) => text))
    expect(i18n.global.t('wall.abnormalCount', { n: 4 })).toBe('4 台异常')
  } finally {
    globalThis.Function = made
  }
})
