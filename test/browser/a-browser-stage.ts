import { join } from 'node:path'
import { pino } from 'pino'
import { chromium, type Browser } from 'playwright-core'
import { startDaemon, type Daemon } from '../../local-daemon/daemon.ts'
import { startGateway, type Gateway } from '../../local-daemon/gateway/start-gateway.ts'
import type { SettingKey } from '../../local-daemon/settings/setting-definitions.ts'
import { aHomeWithIdentity } from '../support/daemon/a-home-with-identity.ts'
import { anIdentity, bearerBy } from '../support/test-identity.ts'
import { until } from '../support/until.ts'
import { openPage, type OpenPage } from './open-page.ts'
import { servePages, type PageServer } from './page-server.ts'

/** The ways to a home. */
export const HOPS = ['loopback', 'gateway'] as const
export type Hop = (typeof HOPS)[number]

/** A real browser, real sites, and a home that can be reached both ways: nothing stands in for anything. */
export interface BrowserStage extends AsyncDisposable {
  readonly browser: Browser
  /** Sites: one that may call, one that may not, and one on the public internet as far as the browser knows. */
  readonly sites: Readonly<Record<'allowed' | 'other' | 'public', PageServer>>
  /** A page of each of the first two. */
  readonly allowed: OpenPage
  readonly other: OpenPage
  readonly bearers: Readonly<Record<'admin' | 'reader' | 'forged', string>>
  daemon(): Daemon
  url(hop: Hop, path: string): string
  port(hop: Hop): number
  /** Changes a setting as the command line does it; says whether the gateway has it. */
  set(key: SettingKey, value: unknown): Promise<string>
  stopDaemon(): Promise<void>
  /** On its old port, connected to the gateway. */
  startDaemon(): Promise<void>
  restartGateway(): Promise<void>
}

export async function aBrowserStage(executablePath: string): Promise<BrowserStage> {
  await using undo = new AsyncDisposableStack()
  const home = undo.use(aHomeWithIdentity())
  const sites = {
    allowed: undo.use(await servePages()),
    other: undo.use(await servePages()),
    public: undo.use(await servePages()),
  }
  const runGateway = (port: number) =>
    startGateway({ ownerDid: home.ownerDid, directory: join(home.path, 'gateway'), port })
  let gateway: Gateway = await runGateway(0)
  undo.defer(() => gateway.stop())

  const runDaemon = (port: number) =>
    startDaemon({
      home: home.path,
      port,
      logger: pino({ level: 'silent' }),
      tunnel: { gatewayUrl: gateway.url },
    })
  let daemon: Daemon = await runDaemon(0)
  undo.defer(() => daemon.stop())
  const connected = () =>
    until('the tunnel is connected', () => daemon.tunnel?.status.state === 'connected')
  await connected()
  const admin = daemon.adminBearer ?? ''
  const reading = { name: 'reader', scopes: ['records:read'] } as const
  const { token: reader } = await daemon.access.accounts.createWithToken(reading, null)

  const browser = await launch(executablePath, [sites.public.port, gateway.port])
  undo.defer(() => browser.close())
  // One context for both: between profiles no cache could mix up whose answer it is.
  const context = await browser.newContext()
  const ports = { loopback: daemon.addresses.tcp.port, gateway: gateway.port }
  const stage: Omit<BrowserStage, typeof Symbol.asyncDispose> = {
    browser,
    sites,
    allowed: await openPage(context, sites.allowed.origin),
    other: await openPage(context, sites.other.origin),
    bearers: { admin, reader, forged: bearerBy(anIdentity(), 'sa_0n0b0dy0000') },
    daemon: () => daemon,
    port: (hop) => ports[hop],
    url: (hop, path) =>
      hop === 'loopback' ? `http://127.0.0.1:${ports.loopback}${path}` : gateway.url + path,
    async set(key, value) {
      const answer = await fetch(stage.url('loopback', `/v1/config/${key}`), {
        method: 'POST',
        headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
        body: JSON.stringify({ value }),
      })
      const { edge } = (await answer.json()) as { edge: { state: string } }
      return edge.state
    },
    stopDaemon: () => daemon.stop(),
    async startDaemon() {
      daemon = await runDaemon(ports.loopback)
      await connected()
    },
    async restartGateway() {
      await gateway.stop()
      await until('home knows', () => daemon.tunnel?.status.state !== 'connected')
      gateway = await runGateway(ports.gateway)
      await connected()
    },
  }
  await stage.set('auth_cors_origins', [sites.allowed.origin, sites.public.origin])
  const everything = undo.move()
  return { ...stage, [Symbol.asyncDispose]: () => everything.disposeAsync() }
}

/**
 * @param publicPorts ports of this machine that the browser is to take for the public internet, as they would be
 * in life. Everything else on loopback is a local network to them (WICG Local Network Access).
 */
function launch(executablePath: string, publicPorts: readonly number[]): Promise<Browser> {
  const overrides = publicPorts.map((port) => `127.0.0.1:${port}=public`).join(',')
  return chromium.launch({
    executablePath,
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--disable-sync',
      `--ip-address-space-overrides=${overrides}`,
    ],
  })
}
