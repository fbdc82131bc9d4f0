/** What chance and time are like in the simulated plants: BAIYUAN_SIM_SEED, BAIYUAN_SIM_RATE, BAIYUAN_SIM_SPEED, BAIYUAN_SIM_HISTORY. */
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

/** `months`: the 18 months of the demo plant. */
export type HistoryWanted = 'months' | 'none' | { readonly days: number }
const LONGEST_DAYS = 800

const past: Setting<HistoryWanted> = {
  help: 'what the plants of this folder have behind them at their first start: on, off, or a number of days',
  fallback: 'months',
  parse: (text) => {
    if (text === 'on') return 'months'
    if (text === 'off') return 'none'
    const days = Number(text)
    if (Number.isInteger(days) && days >= 1 && days <= LONGEST_DAYS) return { days }
    throw new Error(`"${text}" is neither on nor off nor a number of days from 1 to ${LONGEST_DAYS}`)
  },
}

const settings = {
  simSeed: integer('which of the possible plants it is', 1, 0, 4_294_967_295),
  simRate: factor('samples per declared sample', 0.01, 20),
  simSpeed: factor('how much faster orders, cycles and states follow each other', 0.1, 100),
  simHistory: past,
} as const

export type SimSettings = SettingsOf<typeof settings>

/** Throws SettingsError with every fault. */
export const readSimSettings = (env: Readonly<Record<string, string | undefined>>): SimSettings =>
  readSettings(settings, { env })
