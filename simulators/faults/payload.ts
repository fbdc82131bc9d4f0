/** Messages that are broken before they are sent. The product keeps their bytes, names why, and misses their seq. Pure. */
import { oneOf, whole } from '../random.ts'
import { happens, mark, valuesOf, type Hand, type Parcel } from './stream.ts'

type Broken = { readonly bytes: Buffer; readonly reason: 'bad_json' | 'bad_shape' }

const cut = (text: string, at: number): Broken => ({
  bytes: Buffer.from(text.slice(0, at)),
  reason: 'bad_json',
})

const POISONS: readonly ((text: string, hand: Hand) => Broken)[] = [
  (text, { mind }) => cut(text, whole(mind, 1, text.length - 1)),
  (text) => ({
    bytes: Buffer.concat([Buffer.from(text), Buffer.from([0xc3, 0x28, 0xff])]),
    reason: 'bad_json',
  }),
  () => ({ bytes: Buffer.from(`${'['.repeat(40)}${']'.repeat(40)}`), reason: 'bad_json' }),
  (text) => ({ bytes: Buffer.from(text.replace(/"ts":\d+/, '"ts":NaN')), reason: 'bad_json' }),
  () => ({ bytes: Buffer.from('[1,2,3]'), reason: 'bad_shape' }),
]

/** The item as it would have been sent, without the time of sending. */
export const itemText = ({ ts, seq, body }: Parcel): string => JSON.stringify({ ts, seq, ...body })

export function poison(parcel: Parcel, hand: Hand): void {
  if (parcel.lost || parcel.broken || !happens(hand)) return
  const { bytes, reason } = oneOf(hand.mind, POISONS)(itemText(parcel), hand)
  parcel.raw = bytes.toString('base64')
  spoil(parcel, hand, reason)
}

/** The product sees this reason, and nothing else of the item. */
function spoil(parcel: Parcel, hand: Hand, reason: string): void {
  parcel.broken = true
  parcel.marks.splice(0, parcel.marks.length, mark(hand, [`quarantine:${reason}`]))
}

export function wrongType(parcel: Parcel, hand: Hand): void {
  if (parcel.lost || parcel.broken || !happens(hand)) return
  if (parcel.class === 'state' || parcel.class === 'event') {
    parcel.body[parcel.class === 'state' ? 'state' : 'type'] = 7
    return spoil(parcel, hand, 'bad_shape')
  }
  const values = valuesOf(parcel) as Record<string, unknown>
  const name = oneOf(hand.mind, Object.keys(values))
  values[name] = String(values[name])
  spoil(parcel, hand, 'bad_value')
}
