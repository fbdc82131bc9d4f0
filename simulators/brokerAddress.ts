/** How a simulated device reaches the broker of its installation, with TLS when the installation has a certificate. */
import { X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import type { Options } from '#runtime/options.ts'
import { OperatorError } from '#runtime/process.ts'
import type { BrokerAddress } from './device.ts'

/** Throws OperatorError when the address is not known or the certificate cannot be read. */
export function brokerAddress(options: Pick<Options, 'mqtt' | 'tlsCert'>): BrokerAddress {
  const { host: bound, port } = options.mqtt
  if (port === 0) throw new OperatorError("the simulators need the broker's own port: --mqtt HOST:PORT")
  const host = bound === '0.0.0.0' || bound === '::' ? '127.0.0.1' : bound
  if (!options.tlsCert) return { protocol: 'mqtt', host, port }
  try {
    const pem = fs.readFileSync(options.tlsCert)
    const own = new X509Certificate(pem).fingerprint256
    return {
      protocol: 'mqtts',
      host,
      port,
      ca: pem,
      // the installation's own certificate, whatever name it is made for
      checkServerIdentity: (_, peer) =>
        peer.fingerprint256 === own ? undefined : new Error('not the certificate of this installation'),
    }
  } catch (error) {
    throw new OperatorError(
      `${options.tlsCert} cannot be used: ${(error as Error).message}: check --tls-cert`,
    )
  }
}
