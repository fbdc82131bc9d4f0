/** Certificates made on the spot: a small X.509 writer (P-256, SHA-256), so that no key lies in the repository. */
import { createSign, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto'

export type Signed = { readonly cert: string; readonly key: string }

const der = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  const length =
    body.length < 128
      ? Buffer.from([body.length])
      : body.length < 256
        ? Buffer.from([0x81, body.length])
        : Buffer.from([0x82, body.length >> 8, body.length & 255])
  return Buffer.concat([Buffer.from([tag]), length, body])
}
const sequence = (...parts: Uint8Array[]) => der(0x30, ...parts)
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))
const time = (ms: number) => der(0x18, Buffer.from(new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '')))
const name = (cn: string) => sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(cn)))))
const ECDSA_SHA256 = sequence(oid('2a8648ce3d040302'))
const DAY = 86_400_000

/** A certificate for `cn` and 127.0.0.1, signed by `by`, or by itself as an authority. */
export function certificate(cn: string, by?: { readonly cn: string; readonly key: string }): Signed {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const now = Date.now()
  const isAuthority = der(0x04, sequence(der(0x01, Buffer.from([by ? 0 : 255]))))
  const address = der(0x04, sequence(der(0x87, Buffer.from([127, 0, 0, 1]))))
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_SHA256,
    name(by?.cn ?? cn),
    sequence(time(now - DAY), time(now + DAY)),
    name(cn),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(
      0xa3,
      sequence(
        sequence(oid('551d13'), der(0x01, Buffer.from([255])), isAuthority),
        sequence(oid('551d11'), address),
      ),
    ),
  )
  const signer: KeyObject | string = by?.key ?? privateKey
  const signature = createSign('sha256').update(body).sign(signer)
  const whole = sequence(body, ECDSA_SHA256, der(0x03, Buffer.from([0]), signature))
  const cert = `-----BEGIN CERTIFICATE-----\n${whole.toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`
  return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}
