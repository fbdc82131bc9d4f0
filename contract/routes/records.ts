/** Routes: dated records. */
import * as rest from '../rest.ts'
import { firm, route } from './route.ts'

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

export const recordsRoutes = {
  records: route({
    method: 'get',
    path: `${firm}/records`,
    summary: 'Dated records, current and past, with who gave them, when and from what',
    needs: 'read.records',
    query: rest.RecordsQuery,
    answer: rest.RecordList,
  }),
  recordsTemplate: route({
    method: 'get',
    path: `${firm}/records/template.xlsx`,
    summary: 'Tables to fill in, with Chinese headings and an example row each',
    needs: 'read.records',
    answer: null,
    file: XLSX,
  }),
  recordsCheck: route({
    method: 'post',
    path: `${firm}/records/check`,
    summary:
      'Dry run of entered rows or a file: every fault, what is new, changed or equal, and from which day figures change',
    needs: 'record.put',
    query: rest.RecordsFileQuery,
    body: rest.RecordsEntry,
    answer: rest.RecordsCheck,
    upload: true,
  }),
  recordsPut: route({
    method: 'post',
    path: `${firm}/records`,
    summary: 'Put entered rows or a file as dated records: all of them, or none',
    needs: 'record.put',
    query: rest.RecordsFileQuery,
    body: rest.RecordsEntry,
    answer: rest.DeedAnswer,
    deed: true,
    upload: true,
  }),
}
