/** How a phone gets to the page, for somebody who is signed in: the address, and the CA certificate with its fingerprint. */
import type { Ports } from '../ports.ts'
import { refuse } from './problem.ts'
import { serve } from './serve.ts'

export const lan = (ports: Ports) =>
  serve<'lan' | 'lanCertificate'>(ports, {
    lan: () => ({ body: ports.lan() }),
    lanCertificate: () => {
      const found = ports.lan()
      return found ? { file: Buffer.from(found.ca), name: 'baiyuan-ca.crt' } : refuse(404)
    },
  })
