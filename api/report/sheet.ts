/** A sheet of A4 to write and draw on: texts of mixed letters, each set in the piece of the font that holds it, and lines and boxes. */
import Pdf from 'pdfkit'
import { fontOf, pieceOf, type Weight } from './fonts.ts'

export type Ink = { readonly size?: number; readonly bold?: boolean; readonly ink?: string }
export type Setting = Ink & {
  readonly width?: number
  readonly align?: 'left' | 'right'
}

export const INK = '#182026'
export const SOFT = '#414C56'
export const FAINT = '#5A6570'
export const HAIR = '#CBD1D6'
export const RULE = '#808B95'
export const DOUBT = '#8C2279'
/** Points, of A4. */
export const WIDTH = 595.28
export const HEIGHT = 841.89

export class Sheet {
  readonly #doc: PDFKit.PDFDocument
  readonly #parts: Buffer[] = []
  readonly #done: Promise<void>
  readonly #widths = new Map<string, number>()

  private constructor(title: string, lang: string, at: number) {
    this.#doc = new Pdf({
      size: 'A4',
      margin: 0,
      lang,
      displayTitle: true,
      info: { Title: title, Producer: 'Baiyuan', Creator: 'Baiyuan', CreationDate: new Date(at) },
    })
    this.#doc.on('data', (part: Buffer) => this.#parts.push(part))
    this.#done = new Promise((resolve) => this.#doc.on('end', resolve))
  }

  /** `texts`: everything that will be written. */
  static async for(texts: readonly string[], title: string, lang: string, at: number): Promise<Sheet> {
    const sheet = new Sheet(title, lang, at)
    const pieces = new Set([...new Set(texts.join(''))].map(pieceOf).filter((piece) => piece !== null))
    for (const piece of pieces)
      for (const weight of [400, 700] as const)
        sheet.#doc.registerFont(`${piece} ${weight}`, await fontOf(piece, weight))
    return sheet
  }

  async end(): Promise<Uint8Array> {
    this.#doc.end()
    await this.#done
    return Buffer.concat(this.#parts)
  }

  /** Letters in a row that one piece holds; a letter that none holds is left out. */
  *#runs(text: string): Generator<readonly [string, string]> {
    let run = ''
    let held: string | null = null
    for (const letter of text) {
      const piece = pieceOf(letter)
      if (piece === null) continue
      if (piece !== held && run !== '') {
        yield [held!, run]
        run = ''
      }
      held = piece
      run += letter
    }
    if (run !== '') yield [held!, run]
  }

  #font(piece: string, weight: Weight, size: number): PDFKit.PDFDocument {
    return this.#doc.font(`${piece} ${weight}`).fontSize(size)
  }

  widthOf(text: string, { size = 9, bold = false }: Ink = {}): number {
    const key = `${size} ${bold} ${text}`
    let width = this.#widths.get(key)
    if (width === undefined) {
      width = 0
      for (const [piece, run] of this.#runs(text))
        width += this.#font(piece, bold ? 700 : 400, size).widthOfString(run)
      this.#widths.set(key, width)
    }
    return width
  }

  /** One line whose letters stand on `base`; answers where it ends. A text wider than its room is set smaller. */
  write(text: string, x: number, base: number, set: Setting = {}): number {
    const { bold = false, ink = INK, width, align = 'left' } = set
    let { size = 9 } = set
    let wide = this.widthOf(text, { size, bold })
    if (width !== undefined && wide > width) {
      size *= width / wide
      wide = width
    }
    let at = align === 'right' && width !== undefined ? x + width - wide : x
    for (const [piece, run] of this.#runs(text)) {
      const doc = this.#font(piece, bold ? 700 : 400, size).fillColor(ink)
      doc.text(run, at, base, { lineBreak: false, baseline: 'alphabetic' })
      at += doc.widthOfString(run)
    }
    return at
  }

  /** Lines of at most a width: broken at spaces and between Chinese letters. */
  lines(text: string, width: number, ink: Ink = {}): string[] {
    const lines: string[] = []
    let line = ''
    for (const word of text.match(/[\u2e80-\uffef]|[^\s\u2e80-\uffef]+|\s+/gu) ?? []) {
      if (line !== '' && this.widthOf(line + word.trimEnd(), ink) > width && !/^[，。；：）]/.test(word)) {
        lines.push(line.trimEnd())
        line = word.trimStart()
      } else line += word
    }
    if (line !== '') lines.push(line)
    return lines
  }

  line(x: number, y: number, to: number, { width = 0.5, ink = HAIR, dotted = false } = {}): void {
    this.#doc.lineWidth(width).strokeColor(ink)
    if (dotted) this.#doc.dash(1.2, { space: 1.6 })
    this.#doc.moveTo(x, y).lineTo(to, y).stroke()
    if (dotted) this.#doc.undash()
  }

  upright(x: number, y: number, to: number, ink = HAIR): void {
    this.#doc.lineWidth(0.5).strokeColor(ink).moveTo(x, y).lineTo(x, to).stroke()
  }

  box(x: number, y: number, width: number, height: number, fill: string): void {
    this.#doc.rect(x, y, width, height).fill(fill)
  }

  frame(x: number, y: number, width: number, height: number, { ink = RULE, dashed = false } = {}): void {
    this.#doc.lineWidth(0.7).strokeColor(ink)
    if (dashed) this.#doc.dash(2.2, { space: 1.6 })
    this.#doc.rect(x, y, width, height).stroke()
    if (dashed) this.#doc.undash()
  }
}
