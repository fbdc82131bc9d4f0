/** Hands a file to the person, as a download of the browser. */
import { MINUTE } from '#domain/time.ts'
import { fileName } from '../show/csv.ts'

export function saveFile(name: string, blob: Blob): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = fileName(name)
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), MINUTE)
}
