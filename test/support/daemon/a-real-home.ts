import { aHomeWithIdentity } from './a-home-with-identity.ts'
import { pino } from 'pino'
import { startDaemon, type Daemon } from '../../../local-daemon/daemon.ts'
import { aDraft } from './a-daemon.ts'
import { aLink, type Link } from '../gateway/a-link.ts'
import {
  startOnWorkerd,
  type GatewaySettings,
  type GatewayUnderTest,
} from '../gateway/gateway-under-test.ts'
import { until } from '../until.ts'

/** A real daemon behind a real gateway, over a link that a test can cut; a test can restart each of them. */
export interface RealHome extends AsyncDisposable {
  readonly gateway: GatewayUnderTest
  readonly link: Link
  readonly bearer: string
  daemon(): Daemon
  /** Starts the daemon on the same home; the one before must have stopped. */
  startDaemon(): Promise<void>
  /** A request through the public host, with the admin's bearer. */
  ask(path: string, init?: RequestInit): Promise<Response>
  /** Appends a record of so many bytes at home, past the gateway. Returns its id. */
  append(thread?: string, bytes?: number): Promise<string>
}

export async function aRealHome(settings: Partial<GatewaySettings> = {}): Promise<RealHome> {
  await using undo = new AsyncDisposableStack()
  const home = undo.use(aHomeWithIdentity())
  const gateway = undo.use(
    await startOnWorkerd({ ...settings, ownerDid: home.ownerDid, anyPort: true }),
  )
  const link = undo.use(await aLink(gateway.port))
  const logger = pino({ level: 'silent' })
  const start = () =>
    startDaemon({ home: home.path, port: 0, logger, tunnel: { gatewayUrl: link.origin } })
  let daemon = await start()
  undo.defer(() => daemon.stop())
  const connected = () =>
    until('the tunnel is connected', () => daemon.tunnel?.status.state === 'connected')
  await connected()
  const bearer = daemon.adminBearer ?? ''
  const done = undo.move()
  let clock = 0
  return {
    gateway,
    link,
    bearer,
    daemon: () => daemon,
    async startDaemon() {
      daemon = await start()
      await connected()
    },
    ask: (path, init = {}) =>
      fetch(gateway.origin + path, {
        ...init,
        headers: { authorization: `Bearer ${bearer}`, ...(init.headers as Record<string, string>) },
      }),
    async append(thread = 'th_tea', bytes = 3) {
      clock += 1
      const { record } = await daemon.store.append(
        aDraft({ thread, clock, body: { text: 'x'.repeat(bytes) } }),
      )
      return record.id
    },
    [Symbol.asyncDispose]: () => done.disposeAsync(),
  }
}
