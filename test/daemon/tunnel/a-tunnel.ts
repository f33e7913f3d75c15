import {
  Tunnel,
  type TunnelEvent,
  type TunnelOptions,
} from '../../../local-daemon/tunnel/tunnel.ts'
import type { TunnelApp } from '../../../local-daemon/tunnel/tunnel-app.ts'
import { anIdentity } from '../../support/test-identity.ts'
import { until } from '../../support/until.ts'

export interface TestTunnel extends AsyncDisposable {
  readonly tunnel: Tunnel
  readonly events: readonly TunnelEvent[]
  /** The first event of this kind that there is or will be. */
  event<Kind extends TunnelEvent['kind']>(kind: Kind): Promise<TunnelEvent & { kind: Kind }>
}

/** A tunnel to a gateway that need not be a good one. */
export function aTunnel(
  gatewayUrl: string,
  app: TunnelApp = { fetch: () => new Response('home') },
  options: Partial<TunnelOptions> = {},
): TestTunnel {
  const events: TunnelEvent[] = []
  const tunnel = new Tunnel({
    gatewayUrl,
    identity: anIdentity(),
    app,
    agent: 'test/1',
    onEvent: (event) => events.push(event),
    ...options,
  })
  return {
    tunnel,
    events,
    async event<Kind extends TunnelEvent['kind']>(kind: Kind) {
      const find = () => events.find((event) => event.kind === kind)
      await until(`there is an event: ${kind}`, () => find() !== undefined)
      return find() as TunnelEvent & { kind: Kind }
    },
    [Symbol.asyncDispose]: () => tunnel.stop(),
  }
}
