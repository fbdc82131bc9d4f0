/** Routes: figures of days and machines. */
import { z } from 'zod'
import * as rest from '../rest.ts'
import { firm, machine, route } from './route.ts'

export const figuresRoutes = {
  dayFigures: route({
    method: 'get',
    path: `${firm}/day`,
    summary:
      'A production day as the wall shows it: cost per 100 yuan of output, its lines, curve and losses; default: the day that runs',
    needs: 'read.figures',
    query: rest.DayQuery,
    answer: rest.DayFigures,
  }),
  cost: route({
    method: 'get',
    path: `${firm}/cost`,
    summary: 'Cost and output of production days: elements, parts of an axis, pools, losses, revisions',
    needs: 'read.figures',
    query: rest.CostQuery,
    answer: rest.CostView,
  }),
  dayRevisions: route({
    method: 'get',
    path: `${firm}/days/{day}/revisions`,
    summary:
      'Every revision of a settled production day with its figure, the oldest first; none of an open day',
    needs: 'read.figures',
    answer: z.array(rest.DayRevision),
  }),
  figures: route({
    method: 'get',
    path: `${firm}/figures`,
    summary: 'Figures as rows of a name, scope and window, by minute, shift, day or month',
    needs: 'read.figures',
    query: rest.FiguresQuery,
    answer: z.array(rest.FigureRow),
  }),
  machineFigures: route({
    method: 'get',
    path: `${machine}/performance`,
    summary: 'KPIs, times, pieces, energy by tariff period, losses and cost of a machine in a day or shift',
    needs: 'read.figures',
    query: rest.MachineFiguresQuery,
    answer: rest.MachineFigures,
  }),
}
