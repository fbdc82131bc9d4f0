/** `influx3://token@host:8181`: InfluxDB 3, which takes what InfluxDB 2 takes; it has no organisations. */
import type { Millis } from '#domain/time.ts'
import type { Log } from '#runtime/log.ts'
import { openV2, v2Fault, type V2Product } from './influx2.ts'
import type { LineStore } from './lineStore.ts'

const INFLUX3: V2Product = { name: 'influx3', port: 8181, needsOrg: false }

/** Null, or what is wrong with the address. */
export const influx3Fault = (url: URL): string | null => v2Fault(url, INFLUX3)

/** Opens for writing. */
export const openInflux3 = (url: URL, dir: string, log: Log, answerMs?: Millis): LineStore =>
  openV2(INFLUX3, url, dir, log, answerMs)
