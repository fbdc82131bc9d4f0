/** A plant of `count` equal machines for load and kill tests, as a plant file; nothing in it is a real firm. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

export const machineOf = (number: number): string => `main/hall/l1/m-${String(number).padStart(3, '0')}`

const measure = (zh: string, en: string, unit: string, resolution: number, min: number, max: number) =>
  `{ class: telemetry, title: { zh: ${zh}, en: ${en} }, unit: '${unit}', resolution: ${resolution}, range: [${min}, ${max}], period_s: 1, stale_s: 5 }`

/** Writes `DIR/<firm>/plant.yaml` into a new temporary folder and returns DIR. */
export function writeWorks(firm: string, count: number): string {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'works-'))
  fs.mkdirSync(path.join(dir, firm))
  const machines = Array.from({ length: count }, (_, number) => {
    const name = machineOf(number).split('/').at(-1)!
    return `        ${name}: { kind: press, label: '${number}' }`
  })
  fs.writeFileSync(
    path.join(dir, firm, 'plant.yaml'),
    `firm: ${firm}
title: { zh: 测试车间, en: Test works }
simulated: false
shifts:
  - { name: { zh: 白班, en: Day shift }, from: '08:00', to: '17:00' }
groups:
  press: { zh: 压机, en: Presses }
kinds:
  press:
    title: { zh: 压机, en: Press }
    group: press
    rated_kw: 15
    measures:
      power_kw: ${measure('功率', 'Power', 'kW', 0.001, 0, 100)}
      load_pct: ${measure('负载', 'Load', '%', 0.01, 0, 200)}
      vib_mm_s: ${measure('振动', 'Vibration', 'mm/s', 0.001, 0, 50)}
      coolant_c: ${measure('温度', 'Temperature', '°C', 0.01, 0, 100)}
      kwh: { class: count, title: { zh: 电能, en: Energy }, unit: kWh, resolution: 0.01, range: [0, 1000000], period_s: 60 }
      good: { class: count, title: { zh: 合格数, en: Good }, unit: '1', resolution: 1, range: [0, null], period_s: 60 }
sites:
  main:
    hall:
      l1:
${machines.join('\n')}
`,
  )
  return dir
}
