import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os'
import { isExposable, parseListenHost } from '../../network/listen-host.ts'

/** Addresses of this machine that a daemon may listen on, beside loopback. */
export interface LocalAddresses {
  readonly tailnet: readonly string[]
  readonly lan: readonly string[]
}

/** Bridges of containers and virtual machines have private addresses too, and nobody else is behind them. */
const VIRTUAL = /^(?:docker|br-|veth|virbr|vmnet|vboxnet|cni|podman|lxc)/u

/**
 * The IPv4 addresses, because these are what people type into a phone.
 * @param interfaces as `os.networkInterfaces()` has them
 */
export function localAddresses(interfaces = networkInterfaces()): LocalAddresses {
  const found = Object.entries(interfaces)
    .filter(([name]) => !VIRTUAL.test(name))
    .flatMap(([, list]) => list ?? [])
    .filter(isUsable)
    .map(({ address }) => parseListenHost(address))
  const of = (wanted: 'tailnet' | 'private') =>
    found.filter(({ exposure }) => exposure === wanted).map(({ address }) => address)
  return { tailnet: of('tailnet'), lan: of('private') }
}

function isUsable({ family, internal, address }: NetworkInterfaceInfo): boolean {
  return family === 'IPv4' && !internal && isExposable(address)
}
