/** Routes: what people enter and correct. */
import { z } from 'zod'
import { CorrectionEntry } from '../correct.ts'
import * as corrections from '../corrections.ts'
import * as rest from '../rest.ts'
import { firm, machine, route } from './route.ts'

export const correctionsRoutes = {
  factPut: route({
    method: 'post',
    path: `${firm}/facts`,
    summary: 'Enter a fact by hand: a count, a state or an event of a machine',
    needs: 'fact.put',
    body: rest.FactEntry,
    answer: rest.DeedAnswer,
    deed: true,
  }),
  stopReasons: route({
    method: 'get',
    path: `${firm}/stop-reasons`,
    summary: 'Why machines stand: what a stop is explained with',
    needs: 'read.history',
    answer: z.array(corrections.StopReasonView),
  }),
  stops: route({
    method: 'get',
    path: `${firm}/stops`,
    summary: 'Stops, faults and idle times of a minute and longer, with their reasons, the newest first',
    needs: 'read.history',
    query: corrections.StopsQuery,
    answer: z.array(corrections.StopView),
  }),
  corrections: route({
    method: 'get',
    path: `${firm}/corrections`,
    summary: 'What people corrected, old and new side by side',
    needs: 'read.history',
    query: corrections.CorrectionsQuery,
    answer: z.array(corrections.CorrectionView),
  }),
  correct: route({
    method: 'post',
    path: `${machine}/corrections`,
    summary: 'Correct a state, a count or a reading, reject pieces afterwards, or withdraw a correction',
    needs: 'handler',
    body: CorrectionEntry,
    answer: rest.DeedAnswer,
    deed: true,
  }),
}
