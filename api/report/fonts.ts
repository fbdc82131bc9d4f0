/**
 * The letters of printed reports: Noto Sans SC (OFL 1.1), which comes in about a hundred pieces by code point, each of all weights. A
 * piece is made into a plain font of one weight when a text first needs it, and kept: a report touches about a fifth of them.
 */
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import subsetFont from 'subset-font'

export type Weight = 400 | 700
type Range = { readonly from: number; readonly to: number; readonly piece: string }

const folder = path.dirname(
  fileURLToPath(import.meta.resolve('@fontsource-variable/noto-sans-sc/unicode.json')),
)
let ranges: readonly Range[] | null = null

/** `{"[4]": "U+1f1e9-1f1f5,U+1f21a", …, "latin": …}`: what letters of the Latin scripts share with others is told last. */
function rangesOf(): readonly Range[] {
  if (ranges) return ranges
  const told = JSON.parse(fs.readFileSync(path.join(folder, 'unicode.json'), 'utf8')) as Record<
    string,
    string
  >
  ranges = Object.entries(told)
    .flatMap(([name, codes]) =>
      codes.split(',').map((code) => {
        const [from, to = from] = code.trim().slice(2).split('-') as [string, string?]
        return { from: parseInt(from, 16), to: parseInt(to, 16), piece: name.replace(/[[\]]/g, '') }
      }),
    )
    .toReversed()
  return ranges
}

const pieces = new Map<string, string | null>()

/** The piece that holds a letter; null: no piece does. */
export function pieceOf(letter: string): string | null {
  let piece = pieces.get(letter)
  if (piece === undefined) {
    const code = letter.codePointAt(0)!
    piece = rangesOf().find(({ from, to }) => from <= code && code <= to)?.piece ?? null
    pieces.set(letter, piece)
  }
  return piece
}

const made = new Map<string, Promise<Buffer>>()

/** A piece in one weight, with every letter that it has. */
export function fontOf(piece: string, weight: Weight): Promise<Buffer> {
  const key = `${piece} ${weight}`
  let font = made.get(key)
  if (!font) made.set(key, (font = fontMade(piece, weight)))
  return font
}

function fontMade(piece: string, weight: Weight): Promise<Buffer> {
  const letters = rangesOf()
    .filter((range) => range.piece === piece)
    .flatMap(({ from, to }) =>
      Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i)),
    )
  return subsetFont(
    fs.readFileSync(path.join(folder, 'files', `noto-sans-sc-${piece}-wght-normal.woff2`)),
    letters.join(''),
    { targetFormat: 'sfnt', variationAxes: { wght: weight } },
  )
}
