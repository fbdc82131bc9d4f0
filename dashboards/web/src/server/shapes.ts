/** The REST contract as types. Only types: the page carries no zod. */
import type { z } from 'zod'
import type { CorrectionEntry as Entry } from '#contract/correct.ts'
import type * as corrections from '#contract/corrections.ts'
import type { Trace as TraceShape } from '#contract/trace.ts'
import type * as rest from '#contract/rest.ts'

export type { CostView, DayFigures, DayRevision, MachineFigures } from '#contract/figures.ts'
export type { MonthView, ReconciliationView } from '#contract/months.ts'
export type { ShiftReport, ShiftRow } from '#contract/report.ts'
export type { Trace, TraceMessages, TraceRecompute } from '#contract/trace.ts'

export type Problem = z.infer<typeof rest.Problem>
export type Session = z.infer<typeof rest.Session>
export type Lan = z.infer<typeof rest.Lan>
export type FirmRow = z.infer<typeof rest.FirmRow>
export type PlantView = z.infer<typeof rest.PlantView>
export type MachineView = z.infer<typeof rest.MachineView>
export type MeasureView = z.infer<typeof rest.MeasureView>
export type MachineLiveView = z.infer<typeof rest.MachineLiveView>
export type History = z.infer<typeof rest.History>
export type StateHistory = z.infer<typeof rest.StateHistory>
export type Messages = z.infer<typeof rest.Messages>
export type MessageView = z.infer<typeof rest.MessageView>
export type QuarantineList = z.infer<typeof rest.QuarantineList>
export type QuarantineRow = z.infer<typeof rest.QuarantineRow>
export type QuarantineDetail = z.infer<typeof rest.QuarantineDetail>
export type QuarantineDecide = z.infer<typeof rest.QuarantineDecide>
export type DeedAnswer = z.infer<typeof rest.DeedAnswer>
export type DataHealth = z.infer<typeof rest.DataHealth>
export type Simulation = z.infer<typeof rest.SimulationView>
export type SimulationHistory = z.infer<typeof rest.SimulationHistory>
export type Run = z.infer<typeof rest.RunView>
export type RunStart = z.input<typeof rest.RunStart>
export type FaultKind = z.infer<typeof rest.FaultKindView>
export type Fault = z.infer<typeof rest.FaultView>
export type FaultStart = z.infer<typeof rest.FaultStart>
export type SimulationDevices = z.infer<typeof rest.SimulationDevices>
export type TruthComparison = z.infer<typeof rest.TruthComparison>
export type TruthLine = z.infer<typeof rest.TruthLine>
export type RecordView = z.infer<typeof rest.RecordView>
export type RecordList = z.infer<typeof rest.RecordList>
export type RecordsEntry = z.infer<typeof rest.RecordsEntry>
export type RecordsCheck = z.infer<typeof rest.RecordsCheck>
export type PersonRow = z.infer<typeof rest.PersonRow>
export type PersonPut = z.infer<typeof rest.PersonPut>
export type PersonChange = z.infer<typeof rest.PersonChange>
export type PersonAnswer = z.infer<typeof rest.PersonAnswer>
export type TokenAnswer = z.infer<typeof rest.TokenAnswer>
export type Stop = z.infer<typeof corrections.StopView>
export type StopReason = z.infer<typeof corrections.StopReasonView>
export type Correction = z.infer<typeof corrections.CorrectionView>
export type CorrectionEntry = z.input<typeof Entry>
export type TokenRow = z.infer<typeof rest.TokenRow>
export type TokenPut = z.infer<typeof rest.TokenPut>
/** What of a firm is traced, as its query has it. */
export type TraceAsked = {
  day?: string | undefined
  shift?: string | undefined
  scope?: string | undefined
  amount?: TraceShape['amount'] | undefined
  machine?: string | undefined
}
