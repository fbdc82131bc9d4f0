/** A temporary folder for one historian. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

export const tempDir = (): string => fs.mkdtempSync(path.join(os.tmpdir(), 'historian-'))
