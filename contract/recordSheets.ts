/**
 * Tables in which people keep records: one for each kind, a row for each record or for each line of one. The page's form, the template
 * and every import go by them. Kinds that are not here (electricity contracts, hours of machines and what else is set up once) are kept
 * in the plant's records.yaml, or put through the REST API.
 */
import type { RecordKind } from '#domain/accounting/records.ts'
import type { CellKind } from './recordCells.ts'

type Words = { readonly zh: string; readonly en: string }
export type Column = Words & {
  /** Field of the value, or `key`, `from`, `source`, `illustrative`. */
  readonly id: string
  readonly unit?: Words
  readonly as: CellKind
  /** What a blank cell says; without it a blank is a fault. */
  readonly blank?: { readonly value: unknown } | 'left_out'
}

export type Sheet = Words & {
  readonly kind: RecordKind
  /** What a record is of, or the one key that the kind has. */
  readonly key: Column | string
  /** A record begins on a date, or with the month that a column tells. */
  readonly from: 'date' | { readonly month: string }
  readonly fields: readonly Column[]
  /** Several rows make one record: a field that is a list of them. Fields then stand in its first row. */
  readonly lines?: { readonly field: string; readonly columns: readonly Column[] }
  /** A blank field stays as it is in force. */
  readonly keeps?: true
  /** Rows of the template, without source and mark. */
  readonly example: readonly (readonly string[])[]
}

const yuan: Words = { zh: '元', en: 'yuan' }
const yuanPer = (zh: string, en: string): Words => ({ zh: `元/${zh}`, en: `yuan/${en}` })
const share: Words = { zh: '0–1 或 %', en: '0-1 or %' }
const zero = { value: 0 } as const
const keyOf = (zh: string, en: string, as: CellKind = 'text'): Column => ({ id: 'key', zh, en, as })

export const FROM: Column = { id: 'from', zh: '生效日期', en: 'Effective from', as: 'date' }
/** Every table ends with them. */
export const LAST: readonly Column[] = [
  { id: 'source', zh: '来源', en: 'Source', as: 'text' },
  { id: 'illustrative', zh: '示意', en: 'Illustrative', as: 'yesNo', blank: { value: false } },
]

export const SHEETS: readonly Sheet[] = [
  {
    kind: 'material',
    zh: '材料价格',
    en: 'Material prices',
    key: keyOf('材料编码', 'Material'),
    from: 'date',
    fields: [
      { id: 'unit', zh: '单位', en: 'Unit', as: 'text' },
      { id: 'price', zh: '单价', en: 'Price', unit: yuanPer('单位', 'unit'), as: 'yuan' },
      {
        id: 'booking',
        zh: '记账方式',
        en: 'Booking',
        as: { choice: { use: { zh: '随用', en: 'as used' }, issue: { zh: '领用', en: 'as issued' } } },
        blank: { value: 'use' },
      },
    ],
    example: [['q41f-16c-dn50.body', '2026-01-01', 'kg', '4.9', '随用']],
  },
  {
    kind: 'product',
    zh: '产品价格',
    en: 'Product prices',
    key: keyOf('产品', 'Product'),
    from: 'date',
    fields: [
      { id: 'price', zh: '不含税单价', en: 'Price without VAT', unit: yuanPer('件', 'piece'), as: 'yuan' },
    ],
    example: [['q41f-16c-dn50', '2026-01-01', '430']],
  },
  {
    kind: 'bom',
    zh: 'BOM',
    en: 'BOM',
    key: keyOf('产品', 'Product'),
    from: 'date',
    fields: [{ id: 'overIssuePpm', zh: '超领率', en: 'Over-issue', unit: share, as: 'share', blank: zero }],
    lines: {
      field: 'items',
      columns: [
        { id: 'material', zh: '材料编码', en: 'Material', as: 'text' },
        { id: 'operation', zh: '投入工序', en: 'Enters at operation', as: 'text' },
        { id: 'milli', zh: '单件用量', en: 'Quantity a piece', as: 'milli' },
        { id: 'allowancePpm', zh: '损耗率', en: 'Allowance', unit: share, as: 'share', blank: zero },
      ],
    },
    example: [
      ['q41f-16c-dn50', '2026-01-01', '0.2%', 'q41f-16c-dn50.body', 'body.la-10', '3.5', '1%'],
      ['q41f-16c-dn50', '2026-01-01', '', 'q41f-16c-dn50.kit', 'valve.as-10', '1', '0'],
    ],
  },
  {
    kind: 'routing',
    zh: '工艺路线',
    en: 'Routings',
    key: keyOf('产品', 'Product'),
    from: 'date',
    fields: [],
    lines: {
      field: 'operations',
      columns: [
        { id: 'operation', zh: '工序', en: 'Operation', as: 'text' },
        { id: 'part', zh: '部件', en: 'Part', as: 'text' },
        { id: 'workCentre', zh: '工作中心', en: 'Work centre', as: 'text' },
        {
          id: 'standardMs',
          zh: '标准工时',
          en: 'Standard time',
          unit: { zh: '秒/件', en: 's/piece' },
          as: 'seconds',
          blank: zero,
        },
        {
          id: 'outside',
          zh: '外协单价',
          en: 'Outside work',
          unit: yuanPer('件', 'piece'),
          as: 'yuan',
          blank: zero,
        },
        {
          id: 'salvage',
          zh: '残值',
          en: 'Scrap value',
          unit: yuanPer('件', 'piece'),
          as: 'yuan',
          blank: zero,
        },
        { id: 'insteadOf', zh: '替代工序', en: 'Instead of', as: 'text', blank: 'left_out' },
        { id: 'confirms', zh: '合格即产出', en: 'Confirms output', as: 'yesNo', blank: 'left_out' },
      ],
    },
    example: [
      ['q41f-16c-dn50', '2026-01-01', 'body.la-10', 'body', 'lathe', '180', '', '2.5', '', ''],
      ['q41f-16c-dn50', '2026-01-01', 'valve.te-20', 'valve', 'test', '60', '', '', '', '是'],
    ],
  },
  {
    kind: 'work_centre',
    zh: '工作中心费率',
    en: 'Work centre rates',
    key: keyOf('工作中心', 'Work centre'),
    from: 'date',
    fields: [
      { id: 'rate', zh: '标准费率', en: 'Rate, all elements', unit: yuanPer('小时', 'h'), as: 'yuan' },
      { id: 'labour', zh: '其中人工', en: 'Labour', unit: yuanPer('小时', 'h'), as: 'yuan' },
      { id: 'machine', zh: '其中设备', en: 'Machine', unit: yuanPer('小时', 'h'), as: 'yuan' },
      { id: 'effectivenessPpm', zh: '效率', en: 'Effectiveness', unit: share, as: 'share' },
      { id: 'counted', zh: '计数', en: 'Counted', as: 'yesNo', blank: { value: true } },
      {
        id: 'airPerRunHour',
        zh: '压缩空气',
        en: 'Air',
        unit: { zh: 'Nm³/运行小时', en: 'Nm³/run-hour' },
        as: 'milli',
        blank: zero,
      },
      {
        id: 'setupMinutes',
        zh: '标准换型',
        en: 'Standard set-up',
        unit: { zh: '分钟', en: 'min' },
        as: 'count',
        blank: 'left_out',
      },
    ],
    keeps: true,
    example: [['lathe', '2026-01-01', '96', '34', '28', '92%', '是', '1.2', '45']],
  },
  {
    kind: 'crew',
    zh: '班组工资',
    en: 'Crews and wages',
    key: keyOf('班组', 'Crew'),
    from: 'date',
    fields: [
      { id: 'wage', zh: '小时工资（含附加）', en: 'Loaded wage', unit: yuanPer('小时', 'h'), as: 'yuan' },
      { id: 'people', zh: '各班人数', en: 'People by shift', unit: { zh: '人', en: 'people' }, as: 'counts' },
      {
        id: 'allowance',
        zh: '各班津贴',
        en: 'Allowance by shift',
        unit: yuanPer('人·班', 'person-shift'),
        as: 'yuans',
        blank: { value: [] },
      },
      { id: 'tends', zh: '看管设备', en: 'Tends', unit: share, as: 'shares', blank: { value: [] } },
    ],
    keeps: true,
    example: [['lathes', '2026-01-01', '38', '6/3', '0/20', 'lathe 100%']],
  },
  {
    kind: 'medium',
    zh: '能源介质价格',
    en: 'Media prices',
    key: keyOf('介质', 'Medium'),
    from: 'date',
    fields: [
      { id: 'unit', zh: '单位', en: 'Unit', as: 'text' },
      { id: 'price', zh: '单价', en: 'Price', unit: yuanPer('单位', 'unit'), as: 'yuan' },
    ],
    example: [['gas', '2026-01-01', 'm3', '3.8']],
  },
  {
    kind: 'tool',
    zh: '刀具',
    en: 'Tools',
    key: keyOf('刀具', 'Tool'),
    from: 'date',
    fields: [
      { id: 'kinds', zh: '设备类', en: 'Kinds of machine', as: 'names' },
      { id: 'price', zh: '单价', en: 'Price', unit: yuanPer('把', 'tool'), as: 'yuan' },
      { id: 'lifeCycles', zh: '寿命', en: 'Life', unit: { zh: '次', en: 'cycles' }, as: 'count' },
      { id: 'plannedPpm', zh: '计划寿命利用率', en: 'Planned share of life', unit: share, as: 'share' },
    ],
    keeps: true,
    example: [['insert-cnmg', '2026-01-01', 'lathe', '28', '400', '70%']],
  },
  {
    kind: 'machine_cost',
    zh: '设备年费用',
    en: 'Machine cost a year',
    key: keyOf('设备类', 'Kind of machine'),
    from: 'date',
    fields: [
      {
        id: 'yearly',
        zh: '年费用（折旧、租赁、保险、场地）',
        en: 'Yearly cost',
        unit: yuanPer('年', 'year'),
        as: 'yuan',
      },
    ],
    example: [['lathe', '2026-01-01', '960000']],
  },
  {
    kind: 'maintenance',
    zh: '维修费率',
    en: 'Maintenance rates',
    key: 'rates',
    from: 'date',
    fields: [
      { id: 'hour', zh: '维修工时', en: 'Hour of the crew', unit: yuanPer('小时', 'h'), as: 'yuan' },
      { id: 'heat', zh: '炉衬', en: 'Lining', unit: yuanPer('炉', 'heat'), as: 'yuan', blank: zero },
    ],
    example: [['2026-01-01', '48', '35']],
  },
  {
    kind: 'quality',
    zh: '质量费率',
    en: 'Quality rates',
    key: 'rates',
    from: 'date',
    fields: [
      { id: 'test', zh: '试压', en: 'A test', unit: yuanPer('次', 'test'), as: 'yuan' },
      { id: 'certificate', zh: '证书', en: 'A certificate', unit: yuanPer('件', 'piece'), as: 'yuan' },
      { id: 'warrantyPpm', zh: '质保率', en: 'Warranty', unit: share, as: 'share' },
      { id: 'repair', zh: '返修', en: 'A repair', unit: yuanPer('次', 'repair'), as: 'yuan' },
    ],
    example: [['2026-01-01', '0.8', '0.5', '0.3%', '12']],
  },
  {
    kind: 'budget',
    zh: '预算',
    en: 'Budgets',
    key: keyOf('预算', 'Budget'),
    from: 'date',
    fields: [{ id: 'amount', zh: '金额', en: 'Amount', unit: yuan, as: 'yuan' }],
    // how it is spread over days is set up once, in records.yaml
    keeps: true,
    example: [['clerks', '2026-01-01', '1200000']],
  },
  {
    kind: 'calendar',
    zh: '日历',
    en: 'Calendar',
    key: keyOf('年份', 'Year', 'year'),
    from: 'date',
    fields: [
      { id: 'weekdays', zh: '每周休息日', en: 'Weekly days off', as: 'weekdays', blank: { value: [] } },
    ],
    lines: {
      field: 'closed',
      columns: [
        { id: 'first', zh: '停工首日', en: 'Closed from', as: 'date' },
        { id: 'last', zh: '停工末日', en: 'Closed to', as: 'date', blank: 'left_out' },
      ],
    },
    example: [
      ['2027', '2026-12-01', '日', '2027-01-01', ''],
      ['2027', '2026-12-01', '', '2027-02-01', '2027-02-13'],
    ],
  },
  {
    kind: 'target',
    zh: '目标',
    en: 'Targets',
    key: keyOf('指标', 'Figure'),
    from: 'date',
    fields: [
      { id: 'value', zh: '目标值', en: 'Target', as: 'number' },
      { id: 'unit', zh: '单位', en: 'Unit', as: 'text' },
    ],
    example: [['u', '2026-01-01', '90', 'yuan per 100 yuan']],
  },
  {
    kind: 'invoice',
    zh: '发票',
    en: 'Invoices',
    key: keyOf('发票号', 'Invoice'),
    from: { month: 'month' },
    fields: [
      { id: 'month', zh: '月份', en: 'Month', as: 'month' },
      { id: 'element', zh: '成本项', en: 'Element', as: 'element' },
      { id: 'amount', zh: '不含税金额', en: 'Amount without VAT', unit: yuan, as: 'signedYuan' },
    ],
    example: [['电费-2026-03', '2026-03', '电度电费', '182345.67']],
  },
  {
    kind: 'book',
    zh: '月账',
    en: 'Monthly books',
    key: keyOf('月份', 'Month', 'month'),
    from: { month: 'key' },
    fields: [
      { id: 'revenue', zh: '营业收入', en: 'Revenue', unit: yuan, as: 'yuan' },
      { id: 'costOfSales', zh: '营业成本', en: 'Cost of sales', unit: yuan, as: 'yuan' },
      { id: 'selling', zh: '销售费用', en: 'Selling expenses', unit: yuan, as: 'yuan' },
      { id: 'administration', zh: '管理费用', en: 'Administration', unit: yuan, as: 'yuan' },
      { id: 'research', zh: '研发费用', en: 'R&D', unit: yuan, as: 'yuan' },
      { id: 'finance', zh: '财务费用', en: 'Finance expenses', unit: yuan, as: 'signedYuan' },
      { id: 'elements', zh: '按成本项', en: 'By element', unit: yuan, as: 'amounts', blank: { value: [] } },
    ],
    example: [
      [
        '2026-03',
        '8600000',
        '7350000',
        '210000',
        '330000',
        '260000',
        '45000',
        'material 4300000; labour 900000',
      ],
    ],
  },
]

export const sheetOf = (kind: string): Sheet | undefined => SHEETS.find((sheet) => sheet.kind === kind)

/** All columns of a table, in order. */
export const columnsOf = ({ key, from, fields, lines }: Sheet): readonly Column[] => [
  ...(typeof key === 'string' ? [] : [key]),
  ...(from === 'date' ? [FROM] : []),
  ...fields,
  ...(lines?.columns ?? []),
  ...LAST,
]

/** A column's heading: `单价（元/单位）`. */
export const headingOf = (column: Column, lang: 'zh' | 'en'): string => {
  const unit = column.unit?.[lang]
  if (unit === undefined) return column[lang]
  return lang === 'zh' ? `${column.zh}（${unit}）` : `${column.en} (${unit})`
}
