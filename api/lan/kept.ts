/**
 * The certificate kept in DIR/tls/: ca.crt, server.crt, server.key (0600). It is used as long as it can be; else a new CA is made, since
 * the old one's key is gone, and every phone has to be told again.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { DAY, type Instant } from '#domain/time.ts'
import type { Issued } from './certificate.ts'
import type { HostNames } from './network.ts'

const FILES = { ca: 'ca.crt', certificate: 'server.crt', key: 'server.key' } as const
const RENEW_BEFORE = 30 * DAY

export type Kept = Issued & {
  /** SHA-256 of the CA certificate, `AB:CD:...`, as phones show it. */
  readonly fingerprint: string
  readonly until: Instant
}
export type WhyRenewed = 'first' | 'unusable' | 'dates' | 'name' | 'address'

/** Names the reason that a new certificate is needed, or null. An address that went away is none: it may come back. */
export function whyRenew(kept: Issued, host: HostNames, now: Instant): WhyRenewed | null {
  try {
    const ca = new X509Certificate(kept.ca)
    const own = new X509Certificate(kept.certificate)
    const isPair = own.checkPrivateKey(createPrivateKey(kept.key))
    if (!isPair || !own.checkIssued(ca) || !own.verify(ca.publicKey)) return 'unusable'
    if (own.validToDate.getTime() - now < RENEW_BEFORE || own.validFromDate.getTime() > now) return 'dates'
    if (!own.checkHost(host.name)) return 'name'
    return host.addresses.every((address) => own.checkIP(address)) ? null : 'address'
  } catch {
    return 'unusable'
  }
}

/** The certificate for a host: the kept one, or a new one and why. */
export async function keepCertificate(
  folder: string,
  host: HostNames,
  now: Instant,
): Promise<{ readonly kept: Kept; readonly renewed: WhyRenewed | null }> {
  const old = read(folder)
  const renewed = old ? whyRenew(old, host, now) : 'first'
  if (old && !renewed) return { kept: described(old), renewed }
  const { issue } = await import('./certificate.ts')
  const made = issue(host, now)
  write(folder, made)
  return { kept: described(made), renewed }
}

function described(issued: Issued): Kept {
  const { fingerprint256 } = new X509Certificate(issued.ca)
  const until = new X509Certificate(issued.certificate).validToDate.getTime()
  return { ...issued, fingerprint: fingerprint256, until }
}

function read(folder: string): Issued | null {
  try {
    const [ca, certificate, key] = [FILES.ca, FILES.certificate, FILES.key].map((file) =>
      fs.readFileSync(path.join(folder, file), 'utf8'),
    )
    return { ca: ca!, certificate: certificate!, key: key! }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Each file by rename. A crash between two of them leaves a set that does not fit together, which the next start replaces. */
function write(folder: string, issued: Issued): void {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const part of ['key', 'certificate', 'ca'] as const) {
    const file = path.join(folder, FILES[part])
    fs.rmSync(`${file}.new`, { force: true })
    fs.writeFileSync(`${file}.new`, issued[part], { mode: part === 'key' ? 0o600 : 0o644, flag: 'wx' })
    fs.renameSync(`${file}.new`, file)
  }
}
