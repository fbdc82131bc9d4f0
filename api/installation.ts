/** Health of the whole installation: this process and its neighbours. Names no firm. */
import type { Health } from '#contract/local.ts'
import type { Ports } from './ports.ts'

type Check = { readonly ok: boolean; readonly why?: string }

export async function installationHealth(ports: Ports): Promise<Health> {
  const checks: Record<string, Check> = { ...ownChecks(ports) }
  for (const { process, ok, checks: theirs } of await ports.neighbours()) {
    checks[process] = { ok }
    for (const [name, check] of Object.entries(theirs)) checks[`${process}.${name}`] = check
  }
  return { process: 'baiyuan', ok: Object.values(checks).every(({ ok }) => ok), checks }
}

/** Whether devices and people can be served: the pipeline is heard, and the broker and ingest both answer. */
export async function installationReady(ports: Ports): Promise<boolean> {
  if (!ports.upstream.alive) return false
  const answering = (await ports.neighbours()).filter(({ checks }) => checks['reachable']?.ok !== false)
  return ['broker', 'ingest'].every((name) => answering.some(({ process }) => process === name))
}

/** What this process alone knows: for its own probe, and part of the whole. */
export function ownChecks(ports: Ports): Record<string, Check> {
  const faults = ports.plantFaults()
  const { unreadable } = ports.ledgers
  return {
    'api.live': ports.upstream.alive ? { ok: true } : { ok: false, why: 'no word from ingest' },
    'api.ledgers':
      unreadable === 0 ? { ok: true } : { ok: false, why: `${unreadable} cannot be read: see the log` },
    'api.plants': faults === null ? { ok: true } : { ok: false, why: faults },
  }
}
