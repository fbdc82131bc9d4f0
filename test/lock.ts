/** A lock between test processes: a file that holds its owner's pid; a dead owner's is taken over. */
import fs from 'node:fs'

/** Waits for the lock (blocking) and returns how to give it back. Throws when it was not free within `ms`. */
export function holdLock(file: string, ms: number): () => void {
  const draft = `${file}.${process.pid}`
  fs.writeFileSync(draft, String(process.pid))
  try {
    for (const end = performance.now() + ms; ;) {
      if (linked(draft, file)) return () => fs.rmSync(file, { force: true })
      if (performance.now() > end) throw new Error(`${file} was held for ${ms} ms`)
      dropDead(file)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
    }
  } finally {
    fs.rmSync(draft, { force: true })
  }
}

function linked(draft: string, file: string): boolean {
  try {
    fs.linkSync(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function dropDead(file: string): void {
  try {
    const owner = Number(fs.readFileSync(file, 'utf8'))
    process.kill(owner, 0)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ESRCH')
      fs.rmSync(file, { force: true }) // its owner is gone
    else if (code !== 'ENOENT' && code !== 'EPERM') throw error
  }
}
