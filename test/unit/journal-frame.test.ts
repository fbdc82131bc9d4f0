import fc from 'fast-check'
import { expect, test } from 'vitest'
import { entryClass, EVIDENCE_CLASSES, firmOf, isLevel } from '#contract/topics.ts'
import { packBlock, unpackBlock } from '#store/journal/block.ts'
import { chain, GENESIS, NO_HEAD } from '#store/journal/chain.ts'
import {
  classCode,
  CLASSES,
  encodeFrame,
  firmOfTopic,
  FrameReader,
  isEvidence,
  viewOf,
} from '#store/journal/frame.ts'
import { recount, tally } from '#store/journal/group.ts'
import { intervalsOf } from '#store/journal/intervals.ts'
import type { JournalEntry } from '#store/journal/journal.ts'
import { Window } from '#store/journal/packing.ts'

const entry = (offset: number, topic: string, payload: string): JournalEntry => ({
  firm: firmOfTopic(topic)!,
  offset,
  commit: 1,
  receivedAt: 1_795_500_420_000 + offset,
  principal: 'gw-1',
  topic,
  payload: Buffer.from(payload),
})

test('a frame is laid out as documented, and its chain value never changes', () => {
  const frame = encodeFrame(entry(7, 'v1/demo-a/main/l/l1/m/count', '{"seq":1}'))
  expect(frame.toString('hex')).toBe(
    '48000000' + // length 72
      '01' + // version
      '02' + // class: count
      '0400' + // principal, 4 bytes
      '1b00' + // topic, 27 bytes
      '0000' +
      '09000000' + // payload, 9 bytes
      '0700000000000000' + // offset
      'a72b2a0ca2010000' + // received_at 1795500420007
      Buffer.from('gw-1v1/demo-a/main/l/l1/m/count{"seq":1}').toString('hex'),
  )
  const first = chain(GENESIS, frame, 0, frame.length)
  expect(first.toString('hex')).toBe('ec2fc6abde3fccf24a476c433f8bd278b0b0bd21dc52aa9b296430d429d01038')
  expect(chain(first, frame, 0, frame.length).toString('hex')).toBe(
    'cbcda0176359d1e50c7aae6196cf85a289503a36ded9bd3fead7a502a2fc7e43',
  )
})

test('class and firm of a topic are those of the contract', () => {
  const level = fc.oneof(
    fc.constantFrom('telemetry', 'count', 'state', 'event', 'control', 'tick', 'v1', ''),
    fc.string({ maxLength: 5 }),
  )
  fc.assert(
    fc.property(fc.array(level, { minLength: 1, maxLength: 8 }), (levels) => {
      const topic = levels.join('/')
      const name = CLASSES[classCode(topic)]!
      expect(name === 'other' ? null : name).toBe(entryClass(topic))
      expect(isEvidence(classCode(topic))).toBe((EVIDENCE_CLASSES as readonly string[]).includes(name))
      const firm = topic.includes('/') && isLevel(firmOf(topic)) ? firmOf(topic) : null
      expect(firmOfTopic(topic)).toBe(firm)
    }),
  )
})

/** Any entries of up to three firms, in one or more commits, numbered as a journal numbers them. */
const entries = fc
  .array(
    fc.record({
      topic: fc.constantFrom(
        'v1/a/s/x/l/m/telemetry',
        'v1/a/s/x/l/m/count',
        'v1/b/s/x/l/m/event',
        'tick/a',
        'control/c/plant.put',
        'v1/b/odd topic \u0000 中',
      ),
      principal: fc.string({ unit: 'binary', maxLength: 6 }),
      payload: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      later: fc.integer({ min: 0, max: 2 }),
      at: fc.integer({ min: -5, max: 5000 }),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((drafts) => {
    const offsets = new Map<string, number>()
    let commit = 1
    let at = 1_795_500_420_000
    return drafts.map(({ topic, principal, payload, later, at: step }): JournalEntry => {
      const firm = firmOfTopic(topic)!
      const offset = (offsets.get(firm) ?? 0) + 1
      offsets.set(firm, offset)
      commit += later
      at += step
      return { firm, offset, commit, receivedAt: at, principal: principal.toWellFormed(), topic, payload }
    })
  })

test('a group of any entries is numbered without holes, and a recount finds the same', () => {
  fc.assert(
    fc.property(entries, (its) => {
      const block = Buffer.concat(its.map((one) => encodeFrame({ ...one, offset: 0 })))
      const frames = new FrameReader()
      const tallied = tally(block, new Map(), frames)
      const view = viewOf(block)
      let at = 0
      for (const one of its) {
        const frame = frames.at(block, view, at)
        const payload = block.subarray(frame.payloadAt, frame.end)
        expect([frame.topic, frame.principal, frame.offset, frame.receivedAt]).toEqual([
          one.topic,
          one.principal,
          one.offset,
          one.receivedAt,
        ])
        expect(payload.equals(one.payload)).toBe(true)
        at = frame.end
      }
      expect(recount(block, tallied.marks, new Map(), frames)).toEqual(tallied)
    }),
  )
})

test('a flipped byte of evidence is found by the recount of its group', () => {
  const block = Buffer.concat(
    [1, 2, 3].map((n) => encodeFrame(entry(0, 'v1/a/s/x/l/m/count', `{"seq":${n}}`))),
  )
  const frames = new FrameReader()
  const { marks } = tally(block, new Map([['a', NO_HEAD]]), frames)
  fc.assert(
    fc.property(fc.nat(block.length - 1), fc.integer({ min: 1, max: 255 }), (at, bits) => {
      const altered = Buffer.from(block)
      altered[at] = altered[at]! ^ bits
      expect(recount(altered, marks, new Map(), new FrameReader())).toHaveProperty('doubt')
    }),
  )
})

test('a sealed block gives back any entries with their places', () => {
  fc.assert(
    fc.property(entries, (its) => {
      const own = its.filter((one) => one.firm === its[0]!.firm)
      let commit = 0
      let place = 0
      const places = own.map((one) => {
        place = one.commit === commit ? place + 3 : 5
        commit = one.commit
        return place
      })
      const { data, bytes } = packBlock({ entries: own, places })
      expect(unpackBlock(data, bytes)).toEqual({ entries: own, places })
    }),
  )
})

test('intervals are read from any payload without an error', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.json(), fc.string()), { maxLength: 10 }), (payloads) => {
      const its = payloads.map((payload, i) => entry(i + 1, 'v1/a/s/x/l/m/count', payload))
      expect(Array.isArray(intervalsOf(its))).toBe(true)
    }),
  )
  const some = [
    '{"boot":"a1","items":[{"seq":9,"ts":5},{"seq":4,"ts":7},{"seq":-1,"ts":9},{"seq":1.5,"ts":1},null]}',
    '{"seq":12,"ts":6,"boot":"a1"}',
    '{"seq":3,"ts":8}',
    '{"seq":4}',
    '{"ts":20}',
    'no json',
  ]
  expect(intervalsOf(some.map((payload, i) => entry(i + 1, 'v1/a/s/x/l/m/count', payload)))).toEqual([
    { machine: 's/x/l/m', class: 'count', boot: 'a1', first: 4, last: 12, firstTs: 5, lastTs: 7 },
    { machine: 's/x/l/m', class: 'count', boot: '', first: 3, last: 20, firstTs: 8, lastTs: 20 },
  ])
  const facts = ['"seq":5,"ts":8', '"ts":9', '"seq":6'].map(
    (item) => `{"body":{"machine":"s/x/l/m","class":"event","item":{${item}}}}`,
  )
  expect(intervalsOf(facts.map((payload, i) => entry(i + 70, 'control/a/fact.put', payload)))).toEqual([
    { machine: 's/x/l/m', class: 'event', boot: 'manual', first: 5, last: 71, firstTs: 8, lastTs: 9 },
  ])
})

test('the commit window is about 20 ms while entries are few and 2 ms when they are many', () => {
  const window = new Window()
  let now = 0
  const run = (perSecond: number) => {
    let last = 0
    for (const end = now + 1000; now < end; now += 1000 / perSecond) {
      window.count()
      last = window.at(now)
    }
    return last
  }
  expect(run(500)).toBe(20)
  expect(run(1900)).toBe(20)
  expect(run(5000)).toBe(2)
  expect(run(100)).toBe(20)
})
