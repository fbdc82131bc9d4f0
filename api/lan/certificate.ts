/**
 * A server certificate for this host and the local CA that signed it. Whoever trusts this CA on a phone must not thereby trust anybody
 * for another site: the CA is limited to this host's names (critical name constraints, RFC 5280 4.2.1.10), to servers (extended key
 * usage) and to no CA below it, and its key is gone once it has signed. Loaded only when a certificate is made: it takes a while.
 */
import {
  createHash,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
  type KeyPairKeyObjectResult,
} from 'node:crypto'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import * as x509 from '@peculiar/asn1-x509'
import { DAY, HOUR, type Instant } from '#domain/time.ts'
import type { HostNames } from './network.ts'

/** Phones refuse a server certificate of more than 825 days, also from a CA that their owner installed. */
export const VALID_MS = 397 * DAY

const ECDSA_SHA256 = new x509.AlgorithmIdentifier({ algorithm: '1.2.840.10045.4.3.2' })
const COMMON_NAME = '2.5.4.3'

/** PEM texts. */
export type Issued = { readonly ca: string; readonly certificate: string; readonly key: string }

export type Authority = {
  readonly ca: string
  readonly signFor: (names: HostNames) => { readonly certificate: string; readonly key: string }
}

/** The CA's key lives in this call alone: it is never exported or written, and nothing that is returned refers to it. */
export function issue(names: HostNames, now: Instant): Issued {
  const authority = makeAuthority(names, now)
  return { ca: authority.ca, ...authority.signFor(names) }
}

/** A CA that may sign for these names only. Its key is held by `signFor`: drop that, and it is gone. */
export function makeAuthority(allowed: HostNames, now: Instant): Authority {
  const keys = newKeys()
  const day = new Date(now).toISOString().slice(0, 10)
  const subject = named(`Baiyuan ${allowed.name} ${day} ${keyId(keys.publicKey).toString('hex').slice(0, 6)}`)
  const common = { issuer: subject, issuerKeys: keys, now }
  const ca = certificate({
    ...common,
    subject,
    publicKey: keys.publicKey,
    extensions: [
      extension(x509.id_ce_basicConstraints, new x509.BasicConstraints({ cA: true, pathLenConstraint: 0 })),
      extension(x509.id_ce_keyUsage, new x509.KeyUsage(x509.KeyUsageFlags.keyCertSign)),
      extension(x509.id_ce_nameConstraints, limitedTo(allowed)),
      extension(x509.id_ce_extKeyUsage, new x509.ExtendedKeyUsage([x509.id_kp_serverAuth]), false),
    ],
  })
  const signFor = (names: HostNames) => {
    const own = newKeys()
    const server = certificate({
      ...common,
      subject: named(names.name),
      publicKey: own.publicKey,
      extensions: [
        extension(x509.id_ce_basicConstraints, new x509.BasicConstraints({ cA: false })),
        extension(x509.id_ce_keyUsage, new x509.KeyUsage(x509.KeyUsageFlags.digitalSignature)),
        extension(x509.id_ce_extKeyUsage, new x509.ExtendedKeyUsage([x509.id_kp_serverAuth]), false),
        extension(
          x509.id_ce_subjectAltName,
          new x509.SubjectAlternativeName([
            new x509.GeneralName({ dNSName: names.name }),
            ...names.addresses.map((iPAddress) => new x509.GeneralName({ iPAddress })),
          ]),
          false,
        ),
      ],
    })
    return {
      certificate: server,
      key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    }
  }
  return { ca, signFor }
}

const subtrees = (bases: readonly Partial<x509.GeneralName>[]): x509.GeneralSubtrees =>
  new x509.GeneralSubtrees(bases.map((base) => new x509.GeneralSubtree({ base: new x509.GeneralName(base) })))

/** These names and addresses, and no other. IPv6 is excluded as such: not everybody takes a permitted IPv4 address for a limit to it. */
function limitedTo({ name, addresses }: HostNames): x509.NameConstraints {
  return new x509.NameConstraints({
    permittedSubtrees: subtrees([
      { dNSName: name },
      ...addresses.map((address) => ({ iPAddress: `${address}/32` })),
    ]),
    excludedSubtrees: subtrees([{ iPAddress: '::/0' }]),
  })
}

function certificate(parts: {
  readonly subject: x509.Name
  readonly issuer: x509.Name
  readonly publicKey: KeyObject
  readonly issuerKeys: KeyPairKeyObjectResult
  readonly extensions: readonly x509.Extension[]
  readonly now: Instant
}): string {
  const { subject, issuer, publicKey, issuerKeys, extensions, now } = parts
  const serial = randomBytes(16)
  serial[0] = (serial[0]! & 0x3f) | 0x40 // positive, and no leading zero
  const tbs = new x509.TBSCertificate({
    version: x509.Version.v3,
    serialNumber: arrayBuffer(serial),
    signature: ECDSA_SHA256,
    issuer,
    subject,
    // A phone whose clock is a little slow is served as well.
    validity: new x509.Validity({ notBefore: new Date(now - HOUR), notAfter: new Date(now + VALID_MS) }),
    subjectPublicKeyInfo: AsnConvert.parse(der(publicKey), x509.SubjectPublicKeyInfo),
    extensions: new x509.Extensions([
      ...extensions,
      extension(
        x509.id_ce_subjectKeyIdentifier,
        new x509.SubjectKeyIdentifier(arrayBuffer(keyId(publicKey))),
        false,
      ),
      extension(
        x509.id_ce_authorityKeyIdentifier,
        new x509.AuthorityKeyIdentifier({
          keyIdentifier: new x509.KeyIdentifier(arrayBuffer(keyId(issuerKeys.publicKey))),
        }),
        false,
      ),
    ]),
  })
  const signed = new x509.Certificate({
    tbsCertificate: tbs,
    signatureAlgorithm: ECDSA_SHA256,
    signatureValue: arrayBuffer(
      sign('sha256', Buffer.from(AsnConvert.serialize(tbs)), issuerKeys.privateKey),
    ),
  })
  const lines = Buffer.from(AsnConvert.serialize(signed))
    .toString('base64')
    .match(/.{1,64}/g)!
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

const newKeys = (): KeyPairKeyObjectResult => generateKeyPairSync('ec', { namedCurve: 'P-256' })

const der = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' })

const keyId = (key: KeyObject): Buffer => createHash('sha256').update(der(key)).digest().subarray(0, 20)

const named = (commonName: string): x509.Name =>
  new x509.Name([
    new x509.RelativeDistinguishedName([
      new x509.AttributeTypeAndValue({
        type: COMMON_NAME,
        value: new x509.AttributeValue({ utf8String: commonName }),
      }),
    ]),
  ])

const extension = (extnID: string, value: object, critical = true): x509.Extension =>
  new x509.Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) })

const arrayBuffer = (bytes: Buffer): ArrayBuffer => new Uint8Array(bytes).buffer
