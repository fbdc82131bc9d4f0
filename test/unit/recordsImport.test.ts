/** Tables of records as people send them: every encoding and separator, every faulty cell by row and column, and files that are none. */
import { deflateRawSync } from 'node:zlib'
import path from 'node:path'
import fc from 'fast-check'
import { zipSync } from 'fflate'
import writeSheets from 'write-excel-file/node'
import { expect, test } from 'vitest'
import { readRecords } from '#contract/plantFolder.ts'
import { ELEMENT_WORDS, readCell, writeCell, type Cell, type CellKind } from '#contract/recordCells.ts'
import { columnsOf, SHEETS } from '#contract/recordSheets.ts'
import { RecordShape } from '#contract/recordShape.ts'
import { ELEMENTS } from '#domain/accounting/elements/catalogue.ts'
import type { DatedRecord } from '#domain/accounting/records.ts'
import { faultsOf, readFile, rowsOfEntry, rowsOfTables, viewOf } from '../../api/records/check.ts'
import { template } from '../../api/records/template.ts'
import type { Tables } from '../../api/records/table.ts'

const demo = readRecords(path.resolve(import.meta.dirname, '../../plants'), 'demo-a') as {
  records: DatedRecord[]
}
const read = async (file: Buffer, kind?: string, known: readonly DatedRecord[] = []) => {
  const tables = await readFile(file)
  if ('fault' in tables) return { file: tables.fault }
  const rows = rowsOfTables(tables, kind, known)
  return {
    records: rows.placed.map(({ record }) => record),
    faults: faultsOf(rows, known).map(({ row, column, code }) => [row, column, code]),
    skipped: rows.skipped,
  }
}

test('records of a file are records as they travel, and elements have the names of the catalogue', () => {
  for (const record of demo.records) expect(RecordShape.safeParse(record).error).toBeUndefined()
  for (const { id, title } of ELEMENTS) expect(ELEMENT_WORDS[id]).toEqual(title)
})

test.each<[CellKind, Cell, unknown]>([
  ['yuan', '1,150.5', 1_150_500_000],
  ['yuan', ' ４.９ ', 4_900_000],
  ['yuan', 0.1 + 0.2, 300_000],
  ['yuan', '4,9', 'not_a_number'],
  ['yuan', '0.0000001', 'too_fine'],
  ['yuan', -1, 'below_zero'],
  ['signedYuan', '-1', -1_000_000],
  ['yuan', '=A1*2', 'formula'],
  ['text', '+cmd', 'formula'],
  ['text', 'a\u202eb', 'bad_text'],
  ['text', '', 'missing'],
  ['share', '96.5%', 965_000],
  ['share', 0.965, 965_000],
  ['share', '96.5', 'bad_share'],
  ['count', '2.5', 'not_whole'],
  ['date', '2026年3月1日', '2026-03-01'],
  ['date', new Date(Date.UTC(2026, 2, 1)), '2026-03-01'],
  ['date', 46_082, '2026-03-01'],
  ['date', '2026-02-31', 'bad_date'],
  ['month', '2026/3', '2026-03'],
  ['month', '2026-13', 'bad_month'],
  ['yesNo', '是', true],
  ['element', '直接材料', 'material'],
  ['element', 'rent', 'unknown_element'],
  ['counts', '6/3', [6, 3]],
  ['counts', '6/x', 'not_a_number'],
  ['weekdays', '周日；六', [0, 6]],
  [
    'shares',
    'lathe 60%；mill 0.4',
    [
      { kind: 'lathe', sharePpm: 600_000 },
      { kind: 'mill', sharePpm: 400_000 },
    ],
  ],
  ['amounts', 'material 12.5', [{ element: 'material', amount: 12_500_000 }]],
])('%o reads %o', (kind, cell, wanted) => {
  const one = readCell(kind, cell)
  expect('value' in one ? one.value : one.fault).toEqual(wanted)
})

test('what is written reads as the same steps', () => {
  const steps = fc.integer({ min: 0, max: 9_000_000_000_000 })
  fc.assert(
    fc.property(fc.constantFrom('yuan', 'milli', 'seconds', 'signedYuan' as const), steps, (kind, value) => {
      expect(readCell(kind as CellKind, writeCell(kind as CellKind, value, 'zh'))).toEqual({ value })
    }),
  )
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), (value) => {
      expect(readCell('share', writeCell('share', value, 'en'))).toEqual({ value })
    }),
  )
})

const contents = (records: readonly DatedRecord[]) =>
  records.map((one) => `${one.kind} ${one.key} ${JSON.stringify(RecordShape.parse(one).value)}`).toSorted()

test('the records of the demo plant come back as they are from the tables that people fill in', () => {
  const own = demo.records.filter(({ kind }) =>
    SHEETS.some((sheet) => sheet.kind === kind && !sheet.lines && kind !== 'budget'),
  )
  const rows = own.map(({ kind, key, from, value, source }) => {
    const sheet = SHEETS.find((one) => one.kind === kind)!
    const field = (id: string) => (value as Readonly<Record<string, unknown>>)[id]
    const cells: Record<string, string> = {
      source,
      illustrative: '是',
      from: new Date(from + 8 * 3_600_000).toISOString().slice(0, 10),
      ...(typeof sheet.key === 'string' ? {} : { key }),
    }
    for (const column of sheet.fields) cells[column.id] = writeCell(column.as, field(column.id), 'zh')
    return { kind, cells }
  })
  const back = rowsOfEntry({ rows: rows.slice(0, 200) }, [])
  expect(back.faults).toEqual([])
  expect(new Set(own.map(({ kind }) => kind)).size).toBeGreaterThan(7)
  expect(contents(back.placed.map(({ record }) => record))).toEqual(contents(own))
})

test('the template is read: its examples are skipped, and are records of every kind when somebody makes them so', async () => {
  const file = await template()
  const tables = (await readFile(file)) as Extract<Tables, { tables: unknown }>
  const asSent = rowsOfTables(tables, undefined, [])
  expect([asSent.faults, asSent.rows, asSent.placed]).toEqual([[], 0, []])
  expect(asSent.skipped).toBe(SHEETS.reduce((sum, { example }) => sum + example.length, 0))
  const filled = tables.tables.map((table) => ({
    ...table,
    rows: table.rows.map((row) =>
      row.map((cell) => (typeof cell === 'string' ? cell.replace('示例 ', '') : cell)),
    ),
  }))
  const used = rowsOfTables({ tables: filled }, undefined, demo.records)
  expect(used.faults).toEqual([])
  expect(used.placed.map(({ record }) => record.kind).toSorted()).toEqual(
    SHEETS.map(({ kind }) => kind).toSorted(),
  )
})

const CSV =
  '材料编码,生效日期,单位,单价（元/单位）,记账方式,来源,示意\nbody-1,2026-01-01,千克,4.9,随用,价目表,否\n'
/** GB18030 as Excel in China writes it: two bytes a character, by what the decoder makes of them. */
function gb18030(text: string): Buffer {
  const codes = new Map<string, number[]>()
  const decoder = new TextDecoder('gb18030')
  for (let a = 0x81; a < 0xff; a++)
    for (let b = 0x40; b < 0xff; b++) if (b !== 0x7f) codes.set(decoder.decode(Uint8Array.of(a, b)), [a, b])
  return Buffer.from(
    Array.from(text).flatMap((one) => (one < '\u0080' ? [one.charCodeAt(0)] : codes.get(one)!)),
  )
}

test.each<[string, Buffer]>([
  ['UTF-8', Buffer.from(CSV)],
  ['UTF-8 with its mark and Windows lines', Buffer.from(`\ufeff${CSV.replaceAll('\n', '\r\n')}`)],
  ['GB18030', gb18030(CSV)],
  ['semicolons', Buffer.from(CSV.replaceAll(',', ';'))],
  [
    'tabs in UTF-16, as Excel writes Unicode text',
    Buffer.from(`\ufeff${CSV.replaceAll(',', '\t')}`, 'utf16le'),
  ],
  [
    'English headings',
    Buffer.from(
      CSV.replace(/^.*\n/, 'Material,Effective from,Unit,Price (yuan/unit),Booking,Source,Illustrative\n'),
    ),
  ],
])('a CSV in %s', async (_, file) => {
  expect(await read(file)).toEqual({
    records: [
      {
        kind: 'material',
        key: 'body-1',
        from: Date.UTC(2025, 11, 31, 16),
        value: { unit: '千克', price: 4_900_000, booking: 'use' },
        source: '价目表',
        illustrative: false,
      },
    ],
    faults: [],
    skipped: 0,
  })
})

test('every faulty row is told, with its row and column', async () => {
  const csv = [
    '产品,生效日期,不含税单价,来源',
    'a,2026-01-01,430,list',
    'b,2026-13-01,-1,list',
    ',2026-01-01,abc,',
    'a,2026-01-01,431,list',
    'old,1999-01-01,1,list',
  ].join('\n')
  expect((await read(Buffer.from(csv))).faults).toEqual([
    [3, '生效日期', 'bad_date'],
    [3, '不含税单价', 'below_zero'],
    [4, '产品', 'missing'],
    [4, '来源', 'missing'],
    [4, '不含税单价', 'not_a_number'],
    [6, '生效日期', 'too_early'],
    [5, null, 'double_row'],
  ])
  const bom =
    '产品,生效日期,超领率,材料编码,投入工序,单件用量,损耗率,来源\nq41f-16c-dn50,2026-01-01,0,gold,body.xx-10,1,0,list\n'
  expect((await read(Buffer.from(bom), undefined, demo.records)).faults).toEqual([
    [2, '材料编码', 'unknown_material'],
    [2, '投入工序', 'unknown_operation'],
  ])
  expect((await read(Buffer.from('a,b\n1,2\n'))).faults).toEqual([[null, null, 'unknown_sheet']])
  expect((await read(Buffer.from('产品,生效日期,颜色,来源\nq,2026-01-01,1,x\n'), 'product')).faults).toEqual([
    [1, '颜色', 'unknown_column'],
    [1, '不含税单价', 'missing_column'],
  ])
})

test('a dry run tells what is new, changed and equal, what a blank keeps, and from which day', () => {
  const crew = {
    kind: 'crew',
    cells: { key: 'lathes', from: '2026-03-01', wage: '40', source: 'letter', illustrative: '是' },
  } as const
  const rows = rowsOfEntry({ rows: [crew], records: [demo.records[0]] }, demo.records)
  const view = viewOf(rows, demo.records, null, Date.UTC(2026, 5))
  expect(view).toMatchObject({
    faulty: 0,
    counts: { new: 0, changed: 1, equal: 1 },
    fromDay: '2026-03-01',
    past: true,
    effectReason: 'not_valued',
  })
  const [changed] = view.changes.filter(({ change }) => change === 'changed')
  const { wage, ...kept } = changed!.after
  const { wage: before, ...held } = changed!.before!
  expect([wage, kept]).toEqual([40_000_000, held])
  expect(before).not.toBe(wage)
})

const cell = (value: string) => ({ value, type: String })
const CONTENT = '[Content_Types].xml'

/** One deflated entry of a megabyte a kilobyte, many times over. */
function bomb(): Buffer {
  const packed = deflateRawSync(Buffer.alloc(64 * 1024 * 1024))
  const name = Buffer.from('xl/workbook.xml')
  const local = Buffer.alloc(30)
  local.writeUInt32LE(0x04034b50, 0)
  local.writeUInt16LE(name.length, 26)
  const entry = Buffer.alloc(46)
  entry.writeUInt32LE(0x02014b50, 0)
  entry.writeUInt16LE(8, 10)
  entry.writeUInt32LE(packed.length, 20)
  // it says that it is small
  entry.writeUInt32LE(100, 24)
  entry.writeUInt16LE(name.length, 28)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(local.length + name.length + packed.length, 16)
  return Buffer.concat([local, name, packed, entry, name, end])
}

test('T12 a file that unpacks without end, is none or defines entities is refused whole', async () => {
  expect(await read(bomb())).toEqual({ file: 'too_large' })
  expect(await read(Buffer.from('PK\u0003\u0004 and nothing'))).toEqual({ file: 'not_a_zip' })
  expect(await read(Buffer.from(zipSync({ 'a.txt': Buffer.from('a') })))).toEqual({
    file: 'not_a_spreadsheet',
  })
  const doctype = Buffer.from('<!DOCTYPE lolz [<!ENTITY lol "lol">]><workbook/>')
  expect(
    await read(Buffer.from(zipSync({ [CONTENT]: Buffer.from('<a/>'), 'xl/workbook.xml': doctype }))),
  ).toEqual({
    file: 'not_a_spreadsheet',
  })
  expect(await read(Buffer.alloc(0))).toEqual({ file: 'empty' })
  expect(await read(Buffer.from([0xff, 0xff, 0x00, 0x01]))).toEqual({ file: 'not_text' })
  // whatever the bytes are, it is an answer
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      for (const file of [
        Buffer.from(bytes),
        Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.from(bytes)]),
      ])
        expect(await read(file)).toBeDefined()
    }),
    { numRuns: 200 },
  )
})

test('T11 a formula in a cell is a fault there, whatever it came to', async () => {
  const headings = columnsOf(SHEETS.find(({ kind }) => kind === 'product')!).map(({ zh }) => cell(zh))
  const file = await writeSheets([
    {
      sheet: '产品价格',
      data: [
        headings,
        [cell('q'), cell('2026-01-01'), { value: '=1+1', type: 'Formula' }, cell('list'), cell('否')],
      ],
    },
  ]).toBuffer()
  expect((await read(file)).faults).toContainEqual([2, '不含税单价', 'formula'])
})
