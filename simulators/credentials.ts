/**
 * The secrets of the simulated devices: asked from the broker once, kept in DIR/simulators/credentials.json (0600). A secret that a
 * person has changed since is not taken back: the device stays refused and says so.
 */
import fs from 'node:fs'
import type { DeviceRow, DeviceSecret } from '#contract/local.ts'
import { callLocal, LocalError } from '#runtime/local.ts'

/** A device or gateway as the broker knows it: `firm/…` and the machines it may speak for, also `firm/…`. */
export type DeviceName = { readonly path: string; readonly machines: readonly string[] }

export class CredentialFile {
  readonly #file: string
  readonly #socket: string
  readonly #secrets: Map<string, DeviceSecret>

  /** `socket` is the broker's. A file that is no JSON counts as empty: the broker is asked for new secrets. */
  constructor(file: string, socket: string) {
    this.#file = file
    this.#socket = socket
    this.#secrets = new Map(Object.entries(readSecrets(file)))
  }

  secretOf(path: string): DeviceSecret | undefined {
    return this.#secrets.get(path)
  }

  /** Makes every device known to the broker and to this file. Throws the socket's error while no broker answers. */
  async provide(devices: readonly DeviceName[]): Promise<void> {
    const rows = await callLocal<DeviceRow[]>(this.#socket, 'GET', '/devices')
    const known = new Map(rows.map((row) => [row.path, row]))
    for (const { path, machines } of devices) {
      const row = known.get(path)
      const same = row && sameSet(row.machines, machines)
      if (same && this.#secrets.has(path)) continue
      if (same) this.#keep(path, await this.#post('/devices/rotate', { path }))
      else {
        // the plant file gives it other machines than the broker has on record
        if (row) await this.#post('/devices/remove', { path })
        this.#keep(path, await this.#add(path, machines))
      }
    }
  }

  /** Everybody whose secret it holds. */
  get paths(): string[] {
    return [...this.#secrets.keys()]
  }

  /** Neither the broker nor this file knows it any more. Throws the socket's error while no broker answers. */
  async remove(path: string): Promise<void> {
    try {
      await callLocal(this.#socket, 'POST', '/devices/remove', { path })
    } catch (error) {
      if (!(error instanceof LocalError) || error.status !== 404) throw error // gone already
    }
    this.#secrets.delete(path)
    this.#write()
  }

  async #add(path: string, machines: readonly string[]): Promise<DeviceSecret> {
    try {
      return await this.#post('/devices', { path, machines })
    } catch (error) {
      if (!(error instanceof LocalError) || error.status !== 409) throw error
      return this.#post('/devices/rotate', { path }) // somebody else made it meanwhile
    }
  }

  #post(route: string, body: object): Promise<DeviceSecret> {
    return callLocal<DeviceSecret>(this.#socket, 'POST', route, body)
  }

  /** On the disk before it is used: a secret is told only once. */
  #keep(path: string, secret: DeviceSecret): void {
    this.#secrets.set(path, secret)
    this.#write()
  }

  #write(): void {
    const next = `${this.#file}.new`
    fs.writeFileSync(next, `${JSON.stringify(Object.fromEntries(this.#secrets), null, 1)}\n`, { mode: 0o600 })
    fs.renameSync(next, this.#file)
  }
}

const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((one) => b.includes(one))

function readSecrets(file: string): Record<string, DeviceSecret> {
  if (!fs.existsSync(file)) return {}
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, DeviceSecret>
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}
