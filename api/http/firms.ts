/** Firms in scope and the plant in force. */
import type { z } from 'zod'
import type { MachineView, PlantView } from '#contract/rest.ts'
import { machineId } from '#contract/topics.ts'
import type { Machine } from '#domain/plant/plant.ts'
import type { PlantVersion } from '#store/ledger/ledger.ts'
import { firmsInScope } from '../auth/scope.ts'
import type { Ports } from '../ports.ts'
import { refuse } from './problem.ts'
import { serve } from './serve.ts'

export const firms = (ports: Ports) =>
  serve<'firms' | 'plant'>(ports, {
    firms: ({ who }) => ({
      body: firmsInScope(who, ports.ledgers.firms()).map((firm) => {
        const plant = ports.ledgers.of(firm)?.plant()?.plant
        return {
          firm,
          title: plant?.title ?? { zh: firm, en: firm },
          simulated: plant?.simulated ?? false,
          machines: plant?.machines.filter(({ meter }) => !meter).length ?? 0,
          meters: plant?.machines.filter(({ meter }) => meter).length ?? 0,
        }
      }),
    }),

    plant: ({ at }) => {
      const version = ports.ledgers.of(at['firm']!)?.plant()
      return version
        ? { body: plantView(version) }
        : refuse(404, 'no-plant', 'no plant file was accepted yet')
    },
  })

function plantView({ version, plant }: PlantVersion): z.infer<typeof PlantView> {
  return {
    firm: plant.firm,
    title: plant.title,
    simulated: plant.simulated,
    version,
    shifts: [...plant.shifts],
    groups: [...plant.groups],
    machines: plant.machines.map(machineView),
  }
}

export const machineView = (machine: Machine): z.infer<typeof MachineView> => ({
  id: machineId(machine.path),
  path: machine.path,
  kind: machine.kind,
  title: machine.title,
  label: machine.label,
  meter: machine.meter ?? false,
  group: machine.group,
  ratedKw: machine.ratedKw,
  stateStaleMs: machine.stateStaleMs,
  measures: [...machine.measures],
})
