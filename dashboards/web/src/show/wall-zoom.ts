/** The zoom of the wall as its window changes. */
import { onMounted, onUnmounted, shallowRef } from 'vue'
import { PHONE_BELOW, zoomFor } from './zoom.ts'

export function useWallZoom() {
  const zoom = shallowRef(1)
  const phone = shallowRef(false)
  const measure = (): void => {
    zoom.value = zoomFor(innerWidth, innerHeight)
    phone.value = innerWidth < PHONE_BELOW
    document.documentElement.style.setProperty('--zoom', String(zoom.value))
  }
  measure()
  onMounted(() => addEventListener('resize', measure))
  onUnmounted(() => removeEventListener('resize', measure))
  return { zoom, phone } as const
}
