/**
 * The table of REST routes under /api/v1: the one source of validation, OpenAPI and the tests that try every route with every role.
 * A path part `{firm}` is checked against the caller's scope before anything else; whatever is wrong in a path answers 404, whatever
 * is wrong in a query or a body 400.
 */
import { z } from 'zod'
import type { ControlKind } from './control.ts'
import { CorrectionEntry } from './correct.ts'
import * as corrections from './corrections.ts'
import * as report from './report.ts'
import * as rest from './rest.ts'
import type { Right } from './rights.ts'

export type RouteShape = {
  readonly method: 'get' | 'post' | 'put' | 'delete'
  readonly path: string
  readonly summary: string
  /**
   * `anyone` needs no sign-in; `self` any signed-in person; a right or a control kind is checked by api/auth/may.ts; `handler` means
   * that the deed depends on the body and the handler asks.
   */
  readonly needs: 'anyone' | 'self' | 'handler' | Right | ControlKind
  readonly query?: z.ZodObject
  readonly body?: z.ZodObject
  /** Null: 204 without a body. */
  readonly answer: z.ZodType | null
  /** A deed: 200 accepted, 202 pending, 409 refused; takes an Idempotency-Key. */
  readonly deed?: true
  readonly created?: true
  /** Media type of an answer that is a file; `answer` is null then. */
  readonly file?: string
  /** A file may be sent in place of the body; then `query` is its own, and `body` undefined. */
  readonly upload?: true
}

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

const route = <const R extends RouteShape>(shape: R): R => shape
const firm = '/firms/{firm}'
const machine = `${firm}/machines/{machine}` as const

export const ROUTES = {
  signIn: route({
    method: 'post',
    path: '/session',
    summary: 'Sign in; sets the session cookie',
    needs: 'anyone',
    body: rest.SignIn,
    answer: rest.Session,
  }),
  session: route({
    method: 'get',
    path: '/session',
    summary: 'Who is signed in, and what this person may do',
    needs: 'self',
    answer: rest.Session,
  }),
  signOut: route({
    method: 'delete',
    path: '/session',
    summary: 'Sign out; closes the live connections of this session',
    needs: 'self',
    answer: null,
  }),
  setup: route({
    method: 'post',
    path: '/setup',
    summary: 'Create the first administrator with the one-time token of the printed link, and sign in',
    needs: 'anyone',
    body: rest.Setup,
    answer: rest.Session,
  }),
  lan: route({
    method: 'get',
    path: '/lan',
    summary: 'Where phones on the local network find the page; null without --lan or without a network',
    needs: 'self',
    answer: rest.Lan.nullable(),
  }),
  lanCertificate: route({
    method: 'get',
    path: '/lan/ca.crt',
    summary: 'Certificate of the local CA that a phone has to trust first',
    needs: 'self',
    answer: null,
    file: 'application/x-x509-ca-cert',
  }),
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
  dayRevisions: route({
    method: 'get',
    path: `${firm}/days/{day}/revisions`,
    summary:
      'Every revision of a settled production day with its figure, the oldest first; none of an open day',
    needs: 'read.figures',
    answer: z.array(rest.DayRevision),
  }),
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
  figures: route({
    method: 'get',
    path: `${firm}/figures`,
    summary: 'Figures as rows of a name, scope and window, by minute, shift, day or month',
    needs: 'read.figures',
    query: rest.FiguresQuery,
    answer: z.array(rest.FigureRow),
  }),
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
  machineFigures: route({
    method: 'get',
    path: `${machine}/performance`,
    summary: 'KPIs, times, pieces, energy by tariff period, losses and cost of a machine in a day or shift',
    needs: 'read.figures',
    query: rest.MachineFiguresQuery,
    answer: rest.MachineFigures,
  }),
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
  people: route({
    method: 'get',
    path: '/people',
    summary: 'Everyone who can sign in',
    needs: 'people',
    answer: z.array(rest.PersonRow),
  }),
  personAdd: route({
    method: 'post',
    path: '/people',
    summary: 'Add a person; without a password one is made and shown once',
    needs: 'people',
    body: rest.PersonPut,
    answer: rest.PersonAnswer,
    created: true,
  }),
  personChange: route({
    method: 'put',
    path: '/people/{name}',
    summary: 'Change role, firms or password, disable or enable; open sessions end at once',
    needs: 'people',
    body: rest.PersonChange,
    answer: rest.PersonAnswer,
  }),
  tokens: route({
    method: 'get',
    path: '/tokens',
    summary: 'API tokens',
    needs: 'people',
    answer: z.array(rest.TokenRow),
  }),
  tokenAdd: route({
    method: 'post',
    path: '/tokens',
    summary: 'Make an API token; it is shown once',
    needs: 'people',
    body: rest.TokenPut,
    answer: rest.TokenAnswer,
    created: true,
  }),
  tokenRevoke: route({
    method: 'delete',
    path: '/tokens/{id}',
    summary: 'Revoke an API token',
    needs: 'people',
    answer: null,
  }),
} as const satisfies Record<string, RouteShape>

export type RouteName = keyof typeof ROUTES
export type QueryOf<N extends RouteName> = (typeof ROUTES)[N] extends { query: infer Q extends z.ZodType }
  ? z.infer<Q>
  : undefined
export type BodyOf<N extends RouteName> = (typeof ROUTES)[N] extends { body: infer B extends z.ZodType }
  ? z.infer<B>
  : undefined
export type AnswerOf<N extends RouteName> = (typeof ROUTES)[N] extends { answer: infer A extends z.ZodType }
  ? z.infer<A>
  : null
