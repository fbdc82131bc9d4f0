/** The largest tile with which all groups fit an area of the wall; the order never changes, so a tile never moves. */

/** `headWidth`: the heading over the tiles must not be cut off. All in px. */
export type TileGroup = { readonly count: number; readonly headWidth: number }
export type TileFit = { readonly tile: number; readonly gap: number }

const MAX_TILE = 104
const MIN_TILE = 34
/** A group in one line is worth a tile this much smaller than the largest possible one. */
const WHOLE_WORTH = 0.7

/** Width of a heading: Chinese characters are as wide as the font is high, others about half. */
export function headWidth(text: string, size: number): number {
  let width = 0
  for (const char of text) width += (char.codePointAt(0) ?? 0) > 0x2e7f ? size : size * 0.56
  return Math.ceil(width)
}

/** Six tiles in a row of a phone. */
export function phoneTiles(width: number): TileFit {
  const gap = 6
  return { tile: Math.max(MIN_TILE, Math.floor((width - 5 * gap) / 6)), gap }
}

/** Height of a layout with this tile: groups stand beside each other while they fit, and wrap inside when too wide. */
function heightWith(groups: readonly TileGroup[], area: Area, { tile, gap }: TileFit): number {
  const groupGap = gap * 3.4
  const perLine = Math.max(1, Math.floor((area.width + gap) / (tile + gap)))
  let height = 0
  let x = 0
  let row = 0
  for (const group of groups) {
    const lines = Math.ceil(group.count / perLine)
    const wide = Math.max(Math.min(group.count, perLine) * (tile + gap) - gap, group.headWidth)
    if (x > 0 && x + wide > area.width) {
      height += row + gap
      x = 0
      row = 0
    }
    x += wide + groupGap
    row = Math.max(row, area.head + lines * (tile + gap))
  }
  return height + row
}

/** `head`: height of a group's heading. */
export type Area = { readonly width: number; readonly height: number; readonly head: number }

/** Groups in the plant's order. */
export function fitTiles(groups: readonly TileGroup[], area: Area): TileFit {
  const most = Math.max(0, ...groups.map(({ count }) => count))
  let wrapped: TileFit | null = null
  for (let tile = MAX_TILE; tile > MIN_TILE; tile--) {
    const fit = { tile, gap: Math.max(4, Math.round(tile * 0.105)) }
    if (heightWith(groups, area, fit) > area.height) continue
    const whole = most * (tile + fit.gap) - fit.gap <= area.width
    if (whole && (!wrapped || tile >= wrapped.tile * WHOLE_WORTH)) return fit
    wrapped ??= fit
  }
  return wrapped ?? { tile: MIN_TILE, gap: 4 }
}
