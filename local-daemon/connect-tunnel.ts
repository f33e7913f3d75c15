import type { EdgeLink } from './edge/edge-link.ts'
import { startTunnel, type TunnelTarget, type TunnelParts } from './tunnel/start-tunnel.ts'
import type { Tunnel } from './tunnel/tunnel.ts'

/** Starts the tunnel, and gives the gateway this store's policy from its first connection. */
export function connectTunnel(
  options: TunnelTarget,
  edge: EdgeLink,
  parts: Pick<TunnelParts, 'app' | 'identity' | 'logger' | 'meter' | 'faults'>,
): Tunnel {
  const tunnel = startTunnel(options, {
    ...parts,
    policy: () => edge.payload(),
    onPolicyAcked: () => edge.wakeWaiting(),
  })
  edge.connectTo({
    pushPolicy: () => tunnel.pushPolicy(),
    get acknowledged() {
      return tunnel.status.policy_version
    },
    get connected() {
      return tunnel.status.state === 'connected'
    },
  })
  return tunnel
}
