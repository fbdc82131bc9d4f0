/**
 * THE page to read first: what happens to a journal entry, in order.
 *
 *   a device's message   decode -> admit -> normalize -> persist -> aggregate -> announce
 *   what a person did    decide (one file per kind in control/) -> an answer in the ledger
 *   a tick               advanceTime: silence and settlement, by the journal's clock
 *   with each of them    settle: a piece of the panes that are due
 *   with each commit     value: accounts of settled days (intake.ts), beside the pipeline
 *
 * The journal is the only input, and the order of its entries is the order of work: restart, replay and audit are the same walk. A
 * stage finds its item in a Work, leaves its finding there, and never drops one: persist counts each item exactly once as stored,
 * duplicate or quarantined.
 */
import { entryClass, parseDeviceTopic, type DeviceTopic } from '#contract/topics.ts'
import type { Fault } from '#domain/telemetry/item.ts'
import type { JournalEntry } from '#store/journal/journal.ts'
import { decide } from './control/decide.ts'
import type { Firm } from './firm.ts'
import type { HistorianFeed } from './historianFeed.ts'
import type { Latency } from './latency.ts'
import type { Live } from './live.ts'
import { settle } from './settle.ts'
import { admit } from './stages/admit.ts'
import { advanceTime } from './stages/advanceTime.ts'
import { aggregate } from './stages/aggregate.ts'
import { announce } from './stages/announce.ts'
import { decode } from './stages/decode.ts'
import { normalize } from './stages/normalize.ts'
import { persist, store, strange } from './stages/persist.ts'
import type { Stages } from './walks.ts'
import { newWork, reuseWork, type Work } from './work.ts'

export type Pipeline = {
  /** Throws what a stage throws; `at` then names the stage. */
  take(firm: Firm, entry: JournalEntry): void
  readonly at: string
}

/** The stages of a device's message, in order; `replace` puts another in the place of one. */
const STAGES = { decode, admit, normalize, persist, aggregate, announce, settle }
export type StageSet = typeof STAGES

/** Topics of devices recur for ever; they are parsed once. The bound only matters to a flood of made-up ones. */
const MAX_TOPICS = 20_000

export function createPipeline(
  feed: HistorianFeed,
  live: Live,
  latency: Latency,
  find: Stages['find'],
  replace: Partial<StageSet> = {},
): Pipeline {
  const stage = { ...STAGES, ...replace }
  let at = 'topic'
  const topics = new Map<string, DeviceTopic>()
  let spare: Work | null = null

  const device = (work: Work): void => {
    at = 'decode'
    stage.decode(work)
    at = 'admit'
    stage.admit(work)
    at = 'normalize'
    stage.normalize(work)
    at = 'persist'
    stage.persist(work, feed)
    at = 'aggregate'
    stage.aggregate(work)
    at = 'announce'
    stage.announce(work, live, latency)
  }

  const released = (work: Work): Fault | null => {
    normalize(work)
    const fault = work.faults[0] ?? null
    if (fault !== null) return fault
    store(work, work.items[0]!, 0, feed)
    stage.aggregate(work)
    work.firm.touch(work.machine)
    live.changed(work.firm, work.machine)
    return null
  }

  const stages: Stages = { device, released, changed: (firm, machine) => live.changed(firm, machine), find }

  const topicOf = (text: string): DeviceTopic | null => {
    const known = topics.get(text)
    if (known) return known
    const topic = parseDeviceTopic(text)
    if (topic === null) return null
    if (topics.size >= MAX_TOPICS) topics.clear()
    topics.set(text, topic)
    return topic
  }

  return {
    get at() {
      return at
    },
    take(firm, entry) {
      at = 'topic'
      const topic = topicOf(entry.topic)
      let isTick = false
      if (topic !== null) {
        const machine = firm.machine(topic.machine)
        spare = spare
          ? reuseWork(spare, firm, entry, topic.class, machine)
          : newWork(firm, entry, topic.class, machine)
        device(spare)
      } else {
        const kind = entryClass(entry.topic)
        at = kind ?? 'strange'
        isTick = kind === 'tick'
        if (kind === 'control') decide(firm, entry, stages)
        else if (isTick) advanceTime(firm, entry, live)
        else strange(firm, entry)
      }
      at = 'settle'
      stage.settle(firm, entry, isTick)
      firm.offset = entry.offset
      firm.at = entry.receivedAt
    },
  }
}
