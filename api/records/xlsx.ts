/**
 * The sheets of an xlsx file. It is unpacked with limits and packed again from what was found, so that the library that reads it sees
 * nothing else; formulas and document types are looked for before.
 */
import { zipSync } from 'fflate'
import readSheets from 'read-excel-file/node'
import type { Cell } from '#contract/recordCells.ts'
import { MAX_ROWS, type Table, type Tables } from './table.ts'
import { unzip } from './zip.ts'

const UNPACKED = 20 * 1024 * 1024
const PART =
  /^(\[Content_Types\]\.xml|_rels\/\.rels|xl\/(workbook|sharedStrings|styles)\.xml|xl\/_rels\/workbook\.xml\.rels|xl\/worksheets\/[^/]+\.xml)$/

export const looksLikeXlsx = (file: Uint8Array): boolean => file[0] === 0x50 && file[1] === 0x4b

/** Never throws. */
export async function readXlsx(file: Buffer): Promise<Tables> {
  const unzipped = unzip(file, (name) => PART.test(name), UNPACKED)
  if ('fault' in unzipped) return unzipped
  const { entries } = unzipped
  const texts = new Map([...entries].map(([name, bytes]) => [name, Buffer.from(bytes).toString('utf8')]))
  const workbook = texts.get('xl/workbook.xml')
  if (workbook === undefined) return { fault: 'not_a_spreadsheet' }
  // a document type could define entities that grow without end
  if ([...texts.values()].some((text) => /<!(DOCTYPE|ENTITY)/i.test(text)))
    return { fault: 'not_a_spreadsheet' }
  const formulas = formulasBySheet(texts, workbook)
  try {
    const sheets = await readSheets(Buffer.from(zipSync(Object.fromEntries(entries), { level: 0 })))
    return {
      tables: sheets.map(({ sheet, data }): Table => ({
        name: sheet,
        rows: data.slice(0, MAX_ROWS) as unknown as Cell[][],
        formulas: formulas.get(sheet) ?? [],
      })),
    }
  } catch {
    return { fault: 'not_a_spreadsheet' }
  }
}

/** Places of formulas by name of the sheet. */
function formulasBySheet(texts: ReadonlyMap<string, string>, workbook: string): Map<string, string[]> {
  const relations = new Map(
    [...(texts.get('xl/_rels/workbook.xml.rels') ?? '').matchAll(/<Relationship\b[^>]*>/g)].map(([tag]) => [
      attribute(tag, 'Id'),
      attribute(tag, 'Target').replace(/^\/?(xl\/)?/, 'xl/'),
    ]),
  )
  return new Map(
    [...workbook.matchAll(/<(?:\w+:)?sheet\b[^>]*>/g)].map(([tag]) => {
      const text = texts.get(relations.get(attribute(tag, 'r:id')) ?? '') ?? ''
      const found = [...text.matchAll(/<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f[\s>/]/g)]
      return [attribute(tag, 'name'), found.map(([, attributes]) => attribute(attributes!, 'r'))]
    }),
  )
}

function attribute(tag: string, name: string): string {
  const found = new RegExp(`\\s${name}\\s*=\\s*("([^"]*)"|'([^']*)')`).exec(` ${tag}`)
  const text = found?.[2] ?? found?.[3] ?? ''
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
}
