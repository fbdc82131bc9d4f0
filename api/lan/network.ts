/**
 * What this host is called on the local network: `<hostname>.local` and its private IPv4 addresses (RFC 1918). A public address is
 * never among them: --lan opens the page to the works, not to the world. `Press Shop_PC` -> `press-shop-pc.local`.
 */
import net from 'node:net'
import os from 'node:os'

export type HostNames = { readonly name: string; readonly addresses: readonly string[] }

/** Bridges and tunnels of containers and virtual machines: no phone is on them. */
const VIRTUAL = /^(?:docker|br-|veth|virbr|vmnet|vboxnet|cni|flannel|podman|lxc|lxd|vethernet)/i

const lan = new net.BlockList()
lan.addSubnet('10.0.0.0', 8)
lan.addSubnet('172.16.0.0', 12)
lan.addSubnet('192.168.0.0', 16)

export function hostNames(interfaces = os.networkInterfaces(), hostname = os.hostname()): HostNames {
  const addresses = Object.entries(interfaces)
    .filter(([device]) => !VIRTUAL.test(device))
    .flatMap(([, entries]) => entries ?? [])
    .filter(({ family, internal, address }) => family === 'IPv4' && !internal && lan.check(address))
    .map(({ address }) => address)
  return { name: `${label(hostname)}.local`, addresses: [...new Set(addresses)] }
}

/** One DNS label (RFC 1123) of a host name, as mDNS announces it. */
function label(hostname: string): string {
  const words = hostname
    .split('.')[0]!
    .toLowerCase()
    .split(/[^a-z0-9]+/)
  return words.filter(Boolean).join('-').slice(0, 63).replace(/-$/, '') || 'baiyuan'
}
