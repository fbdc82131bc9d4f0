/** Routes: the shift report. */
import { z } from 'zod'
import * as report from '../report.ts'
import { firm, route } from './route.ts'

export const reportRoutes = {
  shifts: route({
    method: 'get',
    path: `${firm}/report/shifts`,
    summary:
      'Shifts of production days with their figures, settled or not, the newest first; default: 7 days',
    needs: 'read.figures',
    query: report.ShiftsQuery,
    answer: z.array(report.ShiftRow),
  }),
  shiftReport: route({
    method: 'get',
    path: `${firm}/report/shift`,
    summary: 'What one shift cost and made against its own target, and where its figures can be looked up',
    needs: 'read.figures',
    query: report.ShiftReportQuery,
    answer: report.ShiftReport,
  }),
  shiftReportPdf: route({
    method: 'get',
    path: `${firm}/report/shift.pdf`,
    summary: 'The same report on one A4 page',
    needs: 'read.figures',
    query: report.ShiftPdfQuery,
    answer: null,
    file: 'application/pdf',
  }),
}
