/** How an item can end, and why one is put aside. One catalogue for pipeline, ledger, API and page. */

export const DISPOSITIONS = ['stored', 'duplicate', 'quarantined'] as const
export type Disposition = (typeof DISPOSITIONS)[number]

/** Reason of a quarantine -> what an engineer can do about it (zh/en words live in the page). */
export const QUARANTINE_REASONS = [
  'bad_json', // not JSON, not UTF-8, too deep, too many keys
  'bad_shape', // JSON, but not an envelope of the topic's class
  'bad_value', // a number that is none, null without a q, finer than the resolution
  'unknown_topic', // no class that we know
  'unknown_machine', // the credential lists it, the plant file does not
  'unknown_measure',
  'unknown_event', // no such event type
  'wrong_class', // a register sent as telemetry, or a signal as count
  'out_of_range',
  'ts_impossible', // outside 2000…2100
  'ts_in_future', // more than 5 min after it was received
  'conflict', // same key, other content: the first one stands
  'store_refused', // the historian refused this line for good
  'handler_failed', // a fault of the product itself; nothing is wrong with the item
] as const
export type QuarantineReason = (typeof QUARANTINE_REASONS)[number]

/** Marks on a stored item; it counts all the same. */
export const FLAGS = [
  'late',
  'out_of_order',
  'skew',
  'no_seq',
  'reset',
  'rollover',
  'swap',
  'gap_before',
  'stuck', // the same value again and again while the machine ran
  'jump', // further than it can move from one sample to the next
  'implausible', // more than the machine can take or make
] as const
export type Flag = (typeof FLAGS)[number]
