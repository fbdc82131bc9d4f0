/** Routes: messages, what was put aside, and how the data are. */
import { z } from 'zod'
import * as rest from '../rest.ts'
import { firm, machine, route } from './route.ts'

export const dataRoutes = {
  messages: route({
    method: 'get',
    path: `${machine}/messages`,
    summary: 'Newest messages as received, and how each ended',
    needs: 'read.messages',
    query: rest.MessagesQuery,
    answer: rest.Messages,
  }),
  quarantine: route({
    method: 'get',
    path: `${firm}/quarantine`,
    summary: 'What was put aside, with its reason',
    needs: 'read.quarantine',
    query: rest.QuarantineQuery,
    answer: rest.QuarantineList,
  }),
  quarantineItem: route({
    method: 'get',
    path: `${firm}/quarantine/{id}`,
    summary: 'One item with the raw message',
    needs: 'read.quarantine',
    answer: rest.QuarantineDetail,
  }),
  quarantineDecide: route({
    method: 'post',
    path: `${firm}/quarantine/decide`,
    summary: 'Release after the plant data was corrected, or discard',
    needs: 'handler',
    body: rest.QuarantineDecide,
    answer: rest.DeedAnswer,
    deed: true,
  }),
  dataHealth: route({
    method: 'get',
    path: `${firm}/health`,
    summary: 'Balance of counts, latency, coverage, journal and stores',
    needs: 'read.dataHealth',
    answer: rest.DataHealth,
  }),
  events: route({
    method: 'get',
    path: `${firm}/events`,
    summary: 'Ledger events after a cursor',
    needs: 'read.events',
    query: rest.EventsQuery,
    answer: z.array(rest.EventView),
  }),
}
