/**
 * Credentials by path: made, renewed, taken away. Used over the local socket while the broker runs, and directly by the command line
 * when it does not.
 * Valid:   `demo-a/main/machining/l1/lathe-07` (a machine), `demo-a/gw-1` (a gateway, which needs machines).
 * Invalid: `demo-a/main` with no machines, `Demo-A/…`, a gateway with a machine of another firm.
 */
import type { DeviceRow, DeviceSecret, ServiceRow } from '#contract/local.ts'
import { isLevel, machineId } from '#contract/topics.ts'
import type { Account, Credentials, Issued } from '#store/credentials/credentials.ts'

export type Refused = { readonly status: 400 | 404 | 409; readonly error: string }

const refuse = (status: Refused['status'], error: string): Refused => ({ status, error })
const secretOf = ({ account, secret }: Issued): DeviceSecret => ({
  clientId: account.clientId,
  username: account.username,
  password: secret,
})

export const isRefused = (answer: object): answer is Refused => 'status' in answer

export const listDevices = (credentials: Credentials): DeviceRow[] =>
  credentials
    .list()
    .filter(({ kind }) => kind !== 'service')
    .map(({ path, clientId, machines }) => ({ path, clientId, machines }))

/** A credential for a machine or a gateway. `machines` are paths with or without the firm; a machine speaks for itself without. */
export function addDevice(
  credentials: Credentials,
  wanted: { readonly path: unknown; readonly machines?: unknown },
  now: number,
): DeviceSecret | Refused {
  const { path } = wanted
  if (typeof path !== 'string')
    return refuse(400, 'a path is missing: firm/site/area/line/machine or firm/gateway')
  const levels = path.split('/')
  if ((levels.length !== 5 && levels.length !== 2) || !levels.every(isLevel))
    return refuse(
      400,
      `${path} is neither firm/site/area/line/machine nor firm/gateway (levels of a-z 0-9 _ -)`,
    )
  const given = wanted.machines ?? []
  if (!Array.isArray(given) || !given.every((machine) => typeof machine === 'string'))
    return refuse(400, 'machines must be a list of paths')
  const kind = levels.length === 5 ? 'device' : 'gateway'
  const machines =
    given.length > 0 ? given.map((machine) => inFirm(machine, levels[0]!)) : kind === 'device' ? [path] : []
  if (machines.length === 0) return refuse(400, `the gateway ${path} needs the machines that it speaks for`)
  const wrong = given.find((_, i) => machines[i] === null)
  if (wrong !== undefined) return refuse(400, `${wrong} is no machine of ${levels[0]}`)
  const name = machineId(path)
  const account = {
    kind,
    path,
    clientId: name,
    username: name,
    machines: machines as string[],
    firms: [],
    mirror: false,
  } as const
  const issued = credentials.add(account, now)
  return issued ? secretOf(issued) : refuse(409, `${path} has a credential already: rotate or remove it`)
}

/** `firm/site/area/line/machine` of the firm, or null. */
function inFirm(machine: string, firm: string): string | null {
  const levels = machine.split('/')
  if (!levels.every(isLevel)) return null
  if (levels.length === 4) return `${firm}/${machine}`
  return levels.length === 5 && levels[0] === firm ? machine : null
}

const find = (credentials: Credentials, path: unknown): Account | Refused => {
  const account = typeof path === 'string' ? credentials.byPath(path) : undefined
  return account && account.kind !== 'service' ? account : refuse(404, `${String(path)} has no credential`)
}

/** A new secret; `account` is whose connection must be closed. */
export function rotateDevice(
  credentials: Credentials,
  path: unknown,
  now: number,
): { readonly account: Account; readonly secret: DeviceSecret } | Refused {
  const account = find(credentials, path)
  return isRefused(account) ? account : { account, secret: secretOf(credentials.rotate(account, now)) }
}

export function removeDevice(
  credentials: Credentials,
  path: unknown,
): { readonly account: Account } | Refused {
  const account = find(credentials, path)
  if (isRefused(account)) return account
  credentials.remove(account)
  return { account }
}

export type ServiceRequest = {
  readonly name?: unknown
  readonly firms?: unknown
  readonly mirror?: unknown
  readonly fresh?: unknown
}

const SERVICE = 'service:'

export const listServices = (credentials: Credentials): ServiceRow[] =>
  credentials
    .list()
    .filter(({ kind }) => kind === 'service')
    .map(({ path, clientId, firms, mirror }) => ({
      name: path.slice(SERVICE.length),
      clientId,
      firms,
      mirror,
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))

const isFirm = (firm: unknown): firm is string => typeof firm === 'string' && (firm === '*' || isLevel(firm))

/**
 * A service account, made or given a new secret and new rights. `firms` are those whose mirror it reads, `*` all; with `mirror` it
 * also publishes it. `changed`: it existed, and its open connection and session must end; with `fresh` that is refused instead.
 */
export function putService(
  credentials: Credentials,
  { name, firms, mirror = false, fresh = false }: ServiceRequest,
  now: number,
): { readonly account: Account; readonly secret: DeviceSecret; readonly changed: boolean } | Refused {
  if (typeof name !== 'string' || !isLevel(name)) return refuse(400, 'a service needs a name of a-z 0-9 _ -')
  if (!Array.isArray(firms) || !firms.every(isFirm))
    return refuse(400, 'firms must be a list of firms, or ["*"]')
  if (typeof mirror !== 'boolean') return refuse(400, 'mirror is true or false')
  if (typeof fresh !== 'boolean') return refuse(400, 'fresh is true or false')
  const path = `${SERVICE}${name}`
  const old = credentials.byPath(path)
  if (old && fresh) return refuse(409, `the service ${name} exists already: remove it first`)
  if (old) {
    credentials.grant(old, { machines: [], firms, mirror })
    return { account: old, secret: secretOf(credentials.rotate(old, now)), changed: true }
  }
  const wanted = {
    kind: 'service',
    path,
    clientId: path,
    username: path,
    machines: [],
    firms,
    mirror,
  } as const
  const issued = credentials.add(wanted, now)
  if (!issued) return refuse(409, `${path} is taken`)
  return { account: issued.account, secret: secretOf(issued), changed: false }
}

export function removeService(
  credentials: Credentials,
  name: unknown,
): { readonly account: Account } | Refused {
  const account = credentials.byPath(`${SERVICE}${String(name)}`)
  if (!account) return refuse(404, `there is no service ${String(name)}`)
  credentials.remove(account)
  return { account }
}
