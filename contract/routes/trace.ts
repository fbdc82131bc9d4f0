/** Routes: where a figure comes from. */
import * as rest from '../rest.ts'
import { firm, route } from './route.ts'

export const traceRoutes = {
  trace: route({
    method: 'get',
    path: `${firm}/trace`,
    summary:
      'Where a figure of a day or shift comes from: elements, machines and meters, panes; each step sums to the one above',
    needs: 'read.figures',
    query: rest.TraceQuery,
    answer: rest.Trace,
  }),
  traceMessages: route({
    method: 'get',
    path: `${firm}/trace/messages`,
    summary: 'The raw messages that a pane rests on, as received, with their place in the hash chain',
    needs: 'read.messages',
    query: rest.TraceMessagesQuery,
    answer: rest.TraceMessages,
  }),
  traceRecompute: route({
    method: 'get',
    path: `${firm}/trace/recompute`,
    summary: 'An amount of a machine made again from the raw messages, beside what stands',
    needs: 'read.figures',
    query: rest.TraceRecomputeQuery,
    answer: rest.TraceRecompute,
  }),
}
