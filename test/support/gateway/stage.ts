import type { EdgePolicy } from '../../../protocol/tunnel/edge-policy.ts'
import { connectHome, type ConnectedHome } from '../daemon/connect-home.ts'
import type {
  GatewaySettings,
  GatewayUnderTest,
  StartGatewayUnderTest,
} from './gateway-under-test.ts'
import { HomeApp } from '../daemon/home-app.ts'
import { HomePolicy } from '../daemon/home-policy.ts'
import { open, send, type Answer, type Sending } from '../clients/send.ts'
import { anIdentity, type TestIdentity } from '../test-identity.ts'
import { until } from '../until.ts'

/** A gateway, a home that is connected to it, and requests from outside with the owner's bearer. */
export interface Stage extends AsyncDisposable {
  readonly gateway: GatewayUnderTest
  readonly identity: TestIdentity
  readonly app: HomeApp
  readonly home: ConnectedHome
  readonly authorization: readonly [string, string]
  send(sending: Sending): Promise<Answer>
  open(sending: Sending): ReturnType<typeof open>
  /** Home pushes a policy of these parts; resolves when the gateway keeps it. */
  keep(parts: Partial<Omit<EdgePolicy, 'version'>>): Promise<void>
  /** Waits until no stream holds a slot. */
  idle(): Promise<void>
}

export async function aStage(
  start: StartGatewayUnderTest,
  settings: Partial<GatewaySettings> = {},
): Promise<Stage> {
  await using undo = new AsyncDisposableStack()
  const identity = anIdentity()
  const gateway = undo.use(await start({ ...settings, ownerDid: identity.did, anyPort: true }))
  const app = new HomeApp()
  const policy = new HomePolicy()
  const home = undo.use(await connectHome(gateway.origin, identity, app, policy.bytes))
  const authorization = ['authorization', `Bearer ${identity.bearer}`] as const
  const withBearer = (sending: Sending): Sending => ({
    ...sending,
    headers: [authorization, ...(sending.headers ?? [])],
  })
  const done = undo.move()
  return {
    gateway,
    identity,
    app,
    home,
    authorization,
    send: (sending) => send(gateway.port, withBearer(sending)),
    open: (sending) => open(gateway.port, withBearer(sending)),
    async keep(parts) {
      const version = policy.set(parts)
      home.tunnel.pushPolicy()
      await until('the policy is kept', () => home.tunnel.status.policy_version === version)
    },
    idle: () => until('no stream is open', () => home.tunnel.status.open_streams === 0),
    [Symbol.asyncDispose]: () => done.disposeAsync(),
  }
}
