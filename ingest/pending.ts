/** What has changed in a firm since the last commit of its ledger. */
import type {
  AccountRow,
  CorrectionRow,
  MachineEventRow,
  MonthCloseRow,
  NewEvent,
  PaneRow,
  QuarantineDecided,
  QuarantineRow,
  RecordRow,
  SettledRow,
  StateRow,
} from '#store/ledger/changes.ts'
import type { SampleGone } from '#store/ledger/sampleRows.ts'
import type { StoredPlant } from '#store/ledger/writer.ts'
import type { MachineMemory } from './machine.ts'
import type { LooseStream, SeqStream } from './stream.ts'

export type Pending = {
  events: NewEvent[]
  plants: StoredPlant[]
  quarantine: QuarantineRow[]
  decided: QuarantineDecided[]
  withheld: number[]
  states: StateRow[]
  machineEvents: MachineEventRow[]
  samplesGone: SampleGone[]
  settled: SettledRow[]
  records: RecordRow[]
  accounts: AccountRow[]
  corrections: CorrectionRow[]
  monthCloses: MonthCloseRow[]
  /** By panesKey. */
  readonly panes: Map<string, PaneRow>
  /** Settled panes that a later revision has already replaced there. */
  readonly superseded: PaneRow[]
  readonly streams: Set<SeqStream | LooseStream>
  readonly machines: Set<MachineMemory>
  /** Control entries answered since the last commit. */
  readonly answered: Set<string>
}

export const nothing = (): Pending => ({
  events: [],
  plants: [],
  quarantine: [],
  decided: [],
  withheld: [],
  states: [],
  machineEvents: [],
  samplesGone: [],
  settled: [],
  records: [],
  accounts: [],
  corrections: [],
  monthCloses: [],
  panes: new Map(),
  superseded: [],
  streams: new Set(),
  machines: new Set(),
  answered: new Set(),
})

/** Panes of which machine, of which shift. */
export type PanesKey = Pick<PaneRow, 'machine' | 'length' | 'day' | 'shift'>

export const panesKey = ({ machine, length, day, shift }: PanesKey): string =>
  `${machine} ${length} ${day} ${shift}`

/** Panes of a revision; those of the one before it stay. */
export function putPanes(pending: Pending, row: PaneRow): void {
  const key = panesKey(row)
  const before = pending.panes.get(key)
  if (before && before.revision < row.revision) pending.superseded.push(before)
  pending.panes.set(key, row)
}
