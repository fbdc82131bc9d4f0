/** `influx3://token@host:8181`: InfluxDB 3, which takes what InfluxDB 2 takes; it has no organisations. */
import { v2Adapter } from './influx2.ts'

export const { fault, open, openReader } = v2Adapter({ name: 'influx3', port: 8181, needsOrg: false })
