import type { NetworkInterfaceInfo } from 'node:os'
import type { Exposure } from '../../network/listen-host.ts'

/** Who can reach the daemon's address, for people. */
export function exposureText(exposure: Exposure): string {
  return EXPOSURES[exposure]
}

const EXPOSURES: Readonly<Record<Exposure, string>> = {
  loopback: 'loopback only',
  tailnet: 'tailnet: plain HTTP, encrypted by WireGuard',
  private: 'private network, plain HTTP',
}

/**
 * What a person should know who has just let others reach the daemon: one line each, none on loopback.
 * @param interfaces of this machine, by name, as `os.networkInterfaces` tells them
 */
export function exposureWarnings(
  exposure: Exposure,
  address: string,
  interfaces: NodeJS.Dict<Pick<NetworkInterfaceInfo, 'address'>[]>,
): string[] {
  if (exposure === 'loopback') return []
  if (exposure === 'private') {
    return [
      'bearer tokens and records are sent as plain HTTP: anyone on the same Wi-Fi or switch can read them. A tailnet, a TLS proxy or a gateway keeps them secret',
    ]
  }
  const entries = Object.entries(interfaces)
  const [name] = entries.find(([, own]) => own?.some((entry) => entry.address === address)) ?? []
  if (name === undefined || TAILNET_INTERFACE.test(name)) return []
  return [
    `${address} is on the interface ${name}: if "tailscale ip" does not show it, your provider assigned it: traffic is not encrypted, and strangers may reach it`,
  ]
}

/** Linux, macOS, Windows; any other WireGuard network is often called wg0. */
const TAILNET_INTERFACE = /^(?:tailscale|utun|wg|ts)\d*/iu
