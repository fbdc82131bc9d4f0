/** The wall is drawn for 1920 x 1080 and zoomed to the screen it hangs on; below 900 px it is a phone's column. */
const WIDTH = 1920
const HEIGHT = 1080
export const PHONE_BELOW = 900

/** Zoom with which the wall fits without a scroll. */
export const zoomFor = (width: number, height: number): number =>
  width < PHONE_BELOW ? 1 : Math.round(Math.min(width / WIDTH, height / HEIGHT) * 1000) / 1000
