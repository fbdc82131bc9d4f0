/** Routes: months, and what the books say of them. */
import { z } from 'zod'
import * as rest from '../rest.ts'
import { firm, route } from './route.ts'

export const monthsRoutes = {
  months: route({
    method: 'get',
    path: `${firm}/months`,
    summary: 'Months, the newest first: open or closed with a snapshot, cost, value and both cost indices',
    needs: 'read.figures',
    answer: z.array(rest.MonthView),
  }),
  monthClose: route({
    method: 'post',
    path: `${firm}/months/{month}/close`,
    summary: 'Close a month: its figures are frozen under a snapshot id',
    needs: 'close.month',
    body: rest.MonthCloseEntry,
    answer: rest.DeedAnswer,
    deed: true,
  }),
  reconciliation: route({
    method: 'get',
    path: `${firm}/reconciliation`,
    summary:
      'A month beside the firm’s books: three indices, elements, and the difference in steps that sum to it',
    needs: 'read.figures',
    query: rest.ReconciliationQuery,
    answer: rest.ReconciliationView,
  }),
}
