import type { TunnelApp } from '../../../local-daemon/tunnel/tunnel-app.ts'
import { Tunnel, type TunnelEvent } from '../../../local-daemon/tunnel/tunnel.ts'
import type { TestIdentity } from '../test-identity.ts'
import { until } from '../until.ts'

export interface ConnectedHome extends AsyncDisposable {
  readonly tunnel: Tunnel
  readonly events: readonly TunnelEvent[]
  /** Generations of the connections so far, in order. */
  readonly generations: () => number[]
}

/** A real tunnel, connected when this resolves. */
export async function connectHome(
  gatewayUrl: string,
  identity: TestIdentity,
  app: TunnelApp,
  policy: () => Uint8Array | undefined = () => undefined,
): Promise<ConnectedHome> {
  const events: TunnelEvent[] = []
  const tunnel = new Tunnel({
    gatewayUrl,
    identity,
    app,
    agent: 'test/1',
    policy,
    onEvent: (event) => events.push(event),
  })
  const generations = () =>
    events.flatMap((event) => (event.kind === 'connected' ? [event.generation] : []))
  await until('the tunnel is connected', () => generations().length > 0)
  return { tunnel, events, generations, [Symbol.asyncDispose]: () => tunnel.stop() }
}
