/** Routes: simulated plants and their faults. */
import * as rest from '../rest.ts'
import { firm, route } from './route.ts'

export const simulationRoutes = {
  simulation: route({
    method: 'get',
    path: '/simulation',
    summary: 'Simulated plants in your scope, their faults, and what can be started',
    needs: 'simulate',
    answer: rest.SimulationView,
  }),
  simulationStart: route({
    method: 'post',
    path: '/simulation/runs',
    summary: 'Start a simulated plant as an isolated firm',
    needs: 'simulate',
    body: rest.RunStart,
    answer: rest.RunView,
    created: true,
  }),
  simulationStop: route({
    method: 'post',
    path: '/simulation/runs/{firm}/stop',
    summary: 'Stop a simulated plant that was started; what it told stays',
    needs: 'simulate',
    answer: rest.RunView,
  }),
  faultStart: route({
    method: 'post',
    path: `${firm}/faults`,
    summary: 'Inject a fault into a simulated plant, or change one in force',
    needs: 'simulate',
    body: rest.FaultStart,
    answer: rest.FaultView,
  }),
  faultStop: route({
    method: 'post',
    path: `${firm}/faults/{id}/stop`,
    summary: 'End a fault of a simulated plant',
    needs: 'simulate',
    answer: null,
  }),
  simulationHistory: route({
    method: 'get',
    path: `${firm}/simulation/history`,
    summary: 'How far the past of a simulated plant is brought in',
    needs: 'read.firm',
    answer: rest.SimulationHistory,
  }),
  simulationTruth: route({
    method: 'get',
    path: `${firm}/simulation/truth`,
    summary: 'What really happened in a simulated plant beside what was computed',
    needs: 'simulate',
    query: rest.TruthQuery,
    answer: rest.TruthComparison,
  }),
  simulationDevices: route({
    method: 'get',
    path: `${firm}/simulation/devices`,
    summary: 'Items that the devices of a simulated plant made, sent and lost, and what faults did to them',
    needs: 'simulate',
    answer: rest.SimulationDevices,
  }),
  simulationCase: route({
    method: 'get',
    path: `${firm}/simulation/case`,
    summary:
      'Messages of at most 15 minutes as a test case: plant.yaml, input.jsonl, expected.json in a .tar.gz',
    needs: 'simulate',
    query: rest.CaseQuery,
    answer: null,
    file: 'application/gzip',
  }),
}
