/** Where a day's costs come from, apart from electricity: pieces, repairs, flows, people, machine-hours. */
import { HOUR, MINUTE } from '#domain/time.ts'
import { type Book, micro } from './book.ts'
import { hoursOf, shiftsOf, yearOfDate } from './calendar.ts'
import type { Stream } from './catalogue.ts'
import { CREWS, OVERTIME } from './data/crews.ts'
import { GAS, MAINTENANCE, MEDIA, OVERHEAD, QUALITY } from './data/drivers.ts'
import { AIR } from './data/energy.ts'
import { KINDS, KIND_IDS, TOOLS } from './data/machines.ts'
import { PRODUCTS } from './data/products.ts'
import { flowedAt } from './energy.ts'
import { mannedOf } from './people.ts'
import { OPERATIONS, overIssueOf } from './routing.ts'
import type { DayTruth, FlowPiece } from './truthDay.ts'

/** Material, scrap and rework, tools, tests, relining, value: everything that follows the pieces. */
export function postPieces(day: DayTruth, { post, accrue }: Book): void {
  const p = day.parameters
  for (const { machine, made, segments } of Object.values(day.machines)) {
    const { name, kind } = machine
    const use = TOOLS.filter((tool) => tool.kind === kind).reduce(
      (sum, tool) => sum + micro(tool.price) / (tool.life * p.toolShare),
      0,
    )
    let heatAt = 0
    for (const { at, op: id, good, scrap, rework, entered } of made) {
      const op = OPERATIONS[id]!
      const { standard, own } = op
      if (op.material > 0) post('material', name, at, entered * op.material * (1 + overIssueOf(op, p)))
      if (scrap > 0) {
        const { material, labour, machine: hours } = standard
        post('scrap', name, at, scrap * (material + labour + hours - op.salvage))
        post('material', name, at, -scrap * material)
        post('labour', name, at, -scrap * labour)
        post('machine_hour', name, at, -scrap * hours)
        post('value_scrapped', name, at, scrap * op.valueBefore)
      }
      if (rework > 0) {
        post(
          'scrap',
          name,
          at,
          rework * (own.labour + own.machine + (kind === 'TE' ? micro(QUALITY.testRepair) : 0)),
        )
        post('labour', name, at, -rework * own.labour)
        post('machine_hour', name, at, -rework * own.machine)
      }
      if (good > 0) post('value_added', name, at, good * op.value)
      if (use > 0) post('tooling', name, at, use)
      if (kind === 'TE') {
        const price = micro(PRODUCTS[op.product].price)
        post(
          'quality',
          name,
          at,
          micro(QUALITY.test) + good * (micro(QUALITY.certificate) + p.warranty * price),
        )
        post('value_finished', name, at, good * price)
        post('finished', name, at, good)
      }
      if (kind === 'FU' && at !== heatAt) {
        heatAt = at
        post('maintenance', name, at, micro(MAINTENANCE.lining / MAINTENANCE.liningHeats))
      }
    }
    if (kind === 'LA' || kind === 'MC')
      for (const { from, to, state } of segments)
        if (state === 'RUN')
          accrue(
            'media',
            name,
            [{ from, to }],
            ((to - from) / HOUR) * p.coolantKg * micro(MEDIA.coolantPrice),
          )
  }
  for (const { at, op, qty } of day.receipts) {
    post('outsourcing', 'plant', at, qty * OPERATIONS[op]!.outside)
    post('value_added', 'plant', at, qty * OPERATIONS[op]!.value)
  }
}

export function postRepairs(day: DayTruth, { post, accrue }: Book): void {
  for (const { machine, maintenance } of Object.values(day.machines))
    for (const { at, hours, parts } of maintenance)
      post('maintenance', machine.name, at, hours * micro(MAINTENANCE.hour) + parts)
  if (!day.open) return
  const daily = micro(MAINTENANCE.pmParts) / yearOfDate(day.date).open
  const [first, second] = shiftsOf(day.date)
  accrue('maintenance', 'plant', first!.net, daily * 0.7)
  accrue('maintenance', 'plant', second!.net, daily * 0.3)
}

export function postFlows(day: DayTruth, { live, accrue }: Book): void {
  const flow = (stream: Stream, owner: string, pieces: readonly FlowPiece[], per: number, price: number) =>
    live(stream, owner, (at) => flowedAt(pieces, at, per) * micro(price))
  flow('gas', 'paint-01', day.paintGas, HOUR, GAS.price)
  live(
    'gas',
    'plant',
    (at) => (flowedAt(day.gas, at, HOUR) - flowedAt(day.paintGas, at, HOUR)) * micro(GAS.price),
  )
  flow('air_consumables', 'plant', day.air, MINUTE, AIR.consumables)
  flow('media', 'plant', day.water, HOUR, MEDIA.waterPrice)
  flow('media', 'plant', day.nitrogen, HOUR, MEDIA.nitrogenPrice)
  if (!day.open) return
  const daily = micro(MEDIA.lappingOil + day.parameters.waste) / yearOfDate(day.date).open
  const [first, second] = shiftsOf(day.date)
  accrue('media', 'plant', first!.net, daily * MEDIA.dayShare)
  accrue('media', 'plant', second!.net, daily * (1 - MEDIA.dayShare))
}

/** Labour by roster, and what accrues by planned person-hours: overhead, the retrofit; calibration with the day shift. */
export function postPeople(day: DayTruth, { accrue }: Book): void {
  const p = day.parameters
  const { open } = yearOfDate(day.date)
  const shifts = shiftsOf(day.date)
  const paid = shifts.map(
    (shift) => shift.paidHours * day.workers.filter((w) => w.from === shift.from).length,
  )
  const all = paid.reduce((sum, hours) => sum + hours, 0)
  shifts.forEach((shift, i) => {
    for (const { role, tends } of CREWS) {
      const pay = day.workers
        .filter((w) => w.role === role && w.from === shift.from)
        .reduce((sum, w) => sum + w.pay, 0)
      for (const [kind, share] of tends) {
        const machines = mannedOf(kind, shift.name)
        for (const name of machines) accrue('labour', name, shift.paid, (pay * share) / machines.length)
      }
    }
    const yearly = Object.values(OVERHEAD).reduce((sum, yuan) => sum + yuan, 0) - OVERHEAD.clerks + p.clerks
    accrue('overhead', 'plant', shift.paid, (micro(yearly) / open) * (paid[i]! / all))
    accrue('retrofit', 'plant', shift.paid, (micro(p.retrofit) / open) * (paid[i]! / all))
  })
  accrue('labour', 'plant', shifts[0]!.paid, day.overtimeHours * micro(OVERTIME.wage))
  accrue('quality', 'plant', shifts[0]!.net, micro(p.calibration) / open)
}

/** Each kind's yearly amount over its machines' scheduled hours; a bay given up lowers all kinds alike. */
export function postMachineHours(day: DayTruth, { accrue }: Book): void {
  const { open } = yearOfDate(day.date)
  const total = KIND_IDS.reduce((sum, kind) => sum + KINDS[kind].yearly, 0)
  const kept = 1 - day.parameters.bay / total
  for (const kind of KIND_IDS) {
    const machines = Object.values(day.machines).filter(({ machine }) => machine.kind === kind)
    const hours = machines.reduce((sum, { scheduled }) => sum + hoursOf(scheduled), 0)
    for (const { machine, scheduled } of machines)
      accrue(
        'machine_hour',
        machine.name,
        scheduled,
        ((micro(KINDS[kind].yearly) * kept) / open) * (hoursOf(scheduled) / hours),
      )
  }
}
