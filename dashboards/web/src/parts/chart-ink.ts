/** Token colours for a canvas, and the hatch that says "no data". */
export type ChartInk = Readonly<
  Record<'ink' | 'ink2' | 'ink3' | 'line' | 'surface' | 'data' | 'dataf' | 'p2' | 'band' | 'font', string>
>

export function chartInk(element: Element): ChartInk {
  const style = getComputedStyle(element)
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim()
  return {
    ink: token('ink'),
    ink2: token('ink2'),
    ink3: token('ink3'),
    line: token('line'),
    surface: token('surface'),
    data: token('data'),
    dataf: token('dataf'),
    p2: token('p2'),
    band: token('off'),
    font: style.fontFamily,
  }
}

/** Diagonal lines as a canvas pattern; `step` in CSS px. */
export function hatch(
  ctx: CanvasRenderingContext2D,
  colour: string,
  step: number,
  scale: number,
): CanvasPattern | string {
  const size = Math.max(4, Math.round(step * scale * Math.SQRT2))
  const tile = document.createElement('canvas')
  tile.width = size
  tile.height = size
  const brush = tile.getContext('2d')
  if (!brush) return colour
  brush.strokeStyle = colour
  brush.lineWidth = Math.max(1, scale)
  brush.beginPath()
  for (const shift of [-size, 0, size]) {
    brush.moveTo(shift, size)
    brush.lineTo(shift + size, 0)
  }
  brush.stroke()
  return ctx.createPattern(tile, 'repeat') ?? colour
}
