/** The xlsx that people fill in: a table for each kind, headings in Chinese with their units, an example row that an import skips. */
import writeSheets from 'write-excel-file/node'
import { columnsOf, headingOf, SHEETS, type Sheet } from '#contract/recordSheets.ts'

const NOTES = [
  '每个工作表对应一类记录；表头请勿改动，空白工作表可删除或留空。',
  '以“示例”开头的行在导入时忽略。',
  '记录自生效日期起有效，直至同一对象的新记录生效；价格变动请新增一行，不要改旧行。',
  '金额为不含税人民币元；比例可写 0.95 或 95%；列表用分号隔开，按班次的数用斜杠隔开（如 6/3）。',
  '班组工资、刀具、工作中心费率、预算：空白单元格表示沿用生效中的值。',
  '来源：价目表、合同、凭证号等。示意：非正式或非实测的数填“是”。',
  '单元格中不能有公式：请复制后以“值”粘贴。',
  'One sheet a kind; English headings and names are accepted too. Rows that begin with 示例 or example are skipped.',
]

let made: Promise<Buffer> | null = null

/** The same for every firm: made once. */
export const template = (): Promise<Buffer> => (made ??= make())

const make = (): Promise<Buffer> =>
  writeSheets([
    { sheet: '说明', data: NOTES.map((text) => [text]), columns: [{ width: 110 }] },
    ...SHEETS.map((sheet) => ({
      sheet: sheet.zh,
      data: [
        columnsOf(sheet).map((column) => ({ value: headingOf(column, 'zh'), fontWeight: 'bold' as const })),
        ...examplesOf(sheet),
      ],
      columns: columnsOf(sheet).map((column) => ({
        width: Math.max(14, headingOf(column, 'zh').length * 2 + 2),
      })),
      stickyRowsCount: 1,
    })),
  ]).toBuffer()

/** As text: nothing is taken for a date or a formula. */
const examplesOf = ({ example }: Sheet) =>
  example.map((cells) => {
    const [first = '', ...rest] = cells
    const all = [`示例 ${first}`, ...rest, '价目表 2026', '是']
    return all.map((value) => (value === '' ? null : { value, type: String }))
  })
