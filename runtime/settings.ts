/**
 * Settings of a process: one table of names, checked once and whole before anything starts. A flag (`--http`) wins over the
 * environment (`BAIYUAN_HTTP`), which wins over `baiyuan.yaml` (`http:`), which wins over the default. Every fault is listed.
 */
export type Setting<T> = {
  /** `mqttWs` is `--mqtt-ws`, `BAIYUAN_MQTT_WS` and `mqttWs:`. */
  readonly help: string
  readonly fallback: T
  /** Returns the value, or throws an Error whose message says what to write instead. */
  readonly parse: (text: string) => T
}
export type SettingTable = Readonly<Record<string, Setting<unknown>>>
export type SettingsOf<T extends SettingTable> = {
  readonly [K in keyof T]: T[K] extends Setting<infer V> ? V : never
}

export class SettingsError extends Error {
  readonly faults: readonly string[]
  constructor(faults: readonly string[]) {
    super(faults.join('\n'))
    this.faults = faults
  }
}

export const flagName = (key: string): string => `--${key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`
export const envName = (key: string): string =>
  `BAIYUAN_${key.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase()}`

/** Reads the whole table. Throws SettingsError with every fault, each named by where it was written. */
export function readSettings<T extends SettingTable>(
  table: T,
  sources: {
    readonly argv?: readonly string[]
    readonly env?: Readonly<Record<string, string | undefined>>
    readonly file?: Readonly<Record<string, unknown>>
  },
): SettingsOf<T> {
  const faults: string[] = []
  const flags = readFlags(table, sources.argv ?? [], faults)
  for (const key of Object.keys(sources.file ?? {}))
    if (!(key in table)) faults.push(`baiyuan.yaml: ${key} is no setting`)
  const values: Record<string, unknown> = {}
  for (const [key, setting] of Object.entries(table)) {
    const file = sources.file?.[key]
    const found =
      flags[key] !== undefined
        ? { where: flagName(key), text: flags[key] }
        : sources.env?.[envName(key)] !== undefined
          ? { where: envName(key), text: sources.env[envName(key)]! }
          : file !== undefined && file !== null
            ? { where: `baiyuan.yaml: ${key}`, text: typeof file === 'string' ? file : JSON.stringify(file) }
            : null
    try {
      values[key] = found ? setting.parse(found.text) : setting.fallback
    } catch (error) {
      faults.push(`${found!.where}: ${(error as Error).message}`)
    }
  }
  if (faults.length > 0) throw new SettingsError(faults)
  return values as SettingsOf<T>
}

function readFlags(table: SettingTable, argv: readonly string[], faults: string[]): Record<string, string> {
  const byFlag = new Map(Object.keys(table).map((key) => [flagName(key), key]))
  const flags: Record<string, string> = {}
  for (let i = 0; i < argv.length; i++) {
    const [flag, inline] = argv[i]!.split(/=(.*)/s)
    const key = byFlag.get(flag!)
    if (!key) {
      faults.push(`${argv[i]} is no option; the options are ${[...byFlag.keys()].join(' ')}`)
      continue
    }
    const isSwitch = typeof table[key]!.fallback === 'boolean'
    if (inline !== undefined) flags[key] = inline
    else if (isSwitch) flags[key] = 'true'
    else if (argv[i + 1] !== undefined) flags[key] = argv[++i]!
    else faults.push(`${flag} needs a value`)
  }
  return flags
}

export const text = (help: string, fallback: string): Setting<string> => ({
  help,
  fallback,
  parse: (value) => value,
})

export const yesNo = (help: string, fallback = false): Setting<boolean> => ({
  help,
  fallback,
  parse: (value) => {
    if (value === 'true' || value === 'yes' || value === '1') return true
    if (value === 'false' || value === 'no' || value === '0') return false
    throw new Error(`"${value}" is neither true nor false`)
  },
})

export const integer = (help: string, fallback: number, min: number, max: number): Setting<number> => ({
  help,
  fallback,
  parse: (value) => {
    const number = Number(value)
    if (!Number.isInteger(number) || number < min || number > max)
      throw new Error(`"${value}" is no whole number from ${min} to ${max}`)
    return number
  },
})

export type Address = { readonly host: string; readonly port: number }

/** `127.0.0.1:1883`, `[::1]:1883`, `:1883`; port 0 picks a free one. */
export const address = (help: string, fallback: Address): Setting<Address> => ({
  help,
  fallback,
  parse: parseAddress,
})

export function parseAddress(value: string): Address {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:]*)):(\d{1,5})$/.exec(value)
  const port = Number(match?.[3])
  if (!match || port > 65_535) throw new Error(`"${value}" is no HOST:PORT`)
  return { host: match[1] ?? (match[2] || '127.0.0.1'), port }
}

export const showAddress = ({ host, port }: Address): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
