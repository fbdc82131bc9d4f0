/** Routes: a firm, its plant and its machines. */
import { z } from 'zod'
import * as rest from '../rest.ts'
import { firm, machine, route } from './route.ts'

export const plantRoutes = {
  firms: route({
    method: 'get',
    path: '/firms',
    summary: 'Firms in your scope',
    needs: 'read.firm',
    answer: z.array(rest.FirmRow),
  }),
  plant: route({
    method: 'get',
    path: `${firm}/plant`,
    summary: 'The plant in force: hierarchy, machines, measures, shifts',
    needs: 'read.firm',
    answer: rest.PlantView,
  }),
  machines: route({
    method: 'get',
    path: `${firm}/machines`,
    summary: 'Every machine as it is now: state and newest values',
    needs: 'read.states',
    answer: z.array(rest.MachineLiveView),
  }),
  machine: route({
    method: 'get',
    path: machine,
    summary: 'One machine: its measures, state and newest values',
    needs: 'read.states',
    answer: rest.MachinePage,
  }),
  history: route({
    method: 'get',
    path: `${machine}/history/{measure}`,
    summary: 'A measure in [from, to) in buckets aligned to Asia/Shanghai midnight, open minutes included',
    needs: 'read.history',
    query: rest.HistoryQuery,
    answer: rest.History,
  }),
  states: route({
    method: 'get',
    path: `${machine}/states`,
    summary: 'State segments in [from, to)',
    needs: 'read.states',
    query: rest.StatesQuery,
    answer: rest.StateHistory,
  }),
}
