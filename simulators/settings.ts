/** What chance and time are like in the simulated plants: BAIYUAN_SIM_SEED, BAIYUAN_SIM_RATE, BAIYUAN_SIM_SPEED. */
import { integer, readSettings, type Setting, type SettingsOf } from '#runtime/settings.ts'

const factor = (help: string, min: number, max: number): Setting<number> => ({
  help,
  fallback: 1,
  parse: (text) => {
    const value = Number(text)
    if (text.trim() === '' || !(value >= min && value <= max))
      throw new Error(`"${text}" is no number from ${min} to ${max}`)
    return value
  },
})

const settings = {
  simSeed: integer('which of the possible plants it is', 1, 0, 4_294_967_295),
  simRate: factor('samples per declared sample', 0.01, 20),
  simSpeed: factor('how much faster orders, cycles and states follow each other', 0.1, 100),
} as const

export type SimSettings = SettingsOf<typeof settings>

/** Throws SettingsError with every fault. */
export const readSimSettings = (env: Readonly<Record<string, string | undefined>>): SimSettings =>
  readSettings(settings, { env })
