/** The largest tile with which all groups fit an area of the wall; the order never changes, so a tile never moves. */
export type TileFit = { readonly tile: number; readonly gap: number }

const MAX_TILE = 104
const MIN_TILE = 34
/** A group in one line is worth a tile this much smaller than the largest possible one. */
const WHOLE_WORTH = 0.7

/** Six tiles in a row of a phone. */
export function phoneTiles(width: number): TileFit {
  const gap = 6
  return { tile: Math.max(MIN_TILE, Math.floor((width - 5 * gap) / 6)), gap }
}

/** Height of a layout with this tile: groups stand beside each other while they fit, and wrap inside when too wide. */
function heightWith(
  counts: readonly number[],
  width: number,
  tile: number,
  gap: number,
  head: number,
): number {
  const groupGap = gap * 3.4
  let height = 0
  let x = 0
  let row = 0
  for (const count of counts) {
    const perLine = Math.max(1, Math.floor((width + gap) / (tile + gap)))
    const lines = Math.ceil(count / perLine)
    const wide = Math.min(count, perLine) * (tile + gap) - gap
    const high = head + lines * (tile + gap)
    if (x > 0 && x + wide > width) {
      height += row + gap
      x = 0
      row = 0
    }
    x += wide + groupGap
    row = Math.max(row, high)
  }
  return height + row
}

/** `counts`: machines per group in the plant's order; `head`: height of a group's heading. All in px. */
export function fitTiles(counts: readonly number[], width: number, height: number, head: number): TileFit {
  let wrapped: TileFit | null = null
  for (let tile = MAX_TILE; tile > MIN_TILE; tile--) {
    const gap = Math.max(4, Math.round(tile * 0.105))
    if (heightWith(counts, width, tile, gap, head) > height) continue
    const whole = Math.max(0, ...counts) * (tile + gap) - gap <= width
    if (whole && (!wrapped || tile >= wrapped.tile * WHOLE_WORTH)) return { tile, gap }
    wrapped ??= { tile, gap }
  }
  if (wrapped) return wrapped
  return { tile: MIN_TILE, gap: 4 }
}
