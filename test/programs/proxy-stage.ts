import dns from 'node:dns'
import type { LookupFunction } from 'node:net'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Outside } from '../../local-daemon/cli/doctor/outside/outside.ts'
import { makeRecipe } from '../../local-daemon/cli/expose/recipe/make-recipe.ts'
import type { Recipe, UpstreamKind } from '../../local-daemon/cli/expose/recipe/recipe.ts'
import { type Daemon, startDaemon } from '../../local-daemon/daemon.ts'
import { startGateway } from '../../local-daemon/gateway/start-gateway.ts'
import { aHomeWithIdentity } from '../support/daemon/a-home-with-identity.ts'
import { overSocket } from '../support/daemon/a-daemon.ts'
import { until } from '../support/until.ts'
import {
  aProxyPlace,
  freePorts,
  HOSTNAME,
  type ProgramName,
  type ProxyFile,
  runCaddy,
  runNginx,
  type RunningProxy,
} from './proxy-programs.ts'

export const ALLOWED_ORIGIN = 'https://app.example.com'

/** A real daemon, or a real gateway with a daemon behind it, and a real proxy in front. */
export interface ProxyStage extends AsyncDisposable {
  readonly proxy: RunningProxy
  /** As a client elsewhere sees it; its address is ::1, the daemon's peer is 127.0.0.1. */
  readonly outside: Outside
  daemon(): Daemon
  stopDaemon(): Promise<void>
  startDaemon(): Promise<void>
}

export interface StageOptions {
  readonly program: ProgramName
  readonly path: string
  readonly upstream?: UpstreamKind
  /** What becomes of the printed text before it is saved: nothing, unless a test wants a bad proxy. */
  readonly spoil?: (content: string) => string
}

export async function aProxyStage(options: StageOptions): Promise<ProxyStage> {
  const { program, path, upstream = 'daemon', spoil = (content) => content } = options
  await using undo = new AsyncDisposableStack()
  const home = undo.use(aHomeWithIdentity())
  const place = undo.use(await aProxyPlace())
  const { ownerDid: did } = home
  const [upstreamPort = 0, httpsPort = 0, httpPort = 0] = await freePorts(3)
  const isGateway = upstream === 'gateway'
  if (isGateway) {
    undo.use(
      await startGateway({
        ownerDid: did,
        directory: join(home.path, 'gateway'),
        port: upstreamPort,
        // Clients name the port too: it is not the one of https.
        hostname: `${HOSTNAME}:${httpsPort}`,
        clientAddressHeader: 'X-Real-IP',
      }),
    )
  }
  const recipe = makeRecipe(program, {
    hostname: HOSTNAME,
    upstream,
    url: `http://127.0.0.1:${upstreamPort}`,
    // Caddy's block stays as it is printed for everybody; nginx names ports and files in it.
    ...(program === 'nginx' && {
      httpsPort,
      httpPort,
      certificate: place.certificate,
      certificateKey: place.certificateKey,
    }),
  })
  const content = spoil(onlyFile(recipe))
  const file: ProxyFile = { content, httpsPort, httpPort }
  const proxy = undo.use(await (program === 'nginx' ? runNginx : runCaddy)(path, place, file))
  undo.use(knownHere(HOSTNAME))

  const start = async () => {
    const started = await startDaemon({
      home: home.path,
      logger: pino({ level: 'silent' }),
      port: isGateway ? 0 : upstreamPort,
      ...(isGateway && {
        tunnel: { gatewayUrl: proxy.origin.origin, cacert: proxy.caFile },
      }),
    })
    if (isGateway) {
      await until('the tunnel is connected', () => started.tunnel?.status.state === 'connected')
    }
    return started
  }
  let daemon = await start()
  undo.defer(() => daemon.stop())
  const bearer = daemon.adminBearer ?? ''
  for (const { key, value } of [
    ...recipe.settings,
    { key: 'auth_cors_origins', value: [ALLOWED_ORIGIN] },
  ]) {
    const init = { method: 'POST', body: JSON.stringify({ value }) }
    const set = await overSocket(daemon.addresses.socket, `/v1/config/${key}`, init)
    if (set.status !== 200) throw new Error(set.text)
  }
  const done = undo.move()
  return {
    proxy,
    outside: {
      origin: proxy.origin,
      bearer,
      expectedDid: did,
      ca: proxy.ca,
      lookup: overIPv6,
      allowedOrigin: ALLOWED_ORIGIN,
      httpPort,
    },
    daemon: () => daemon,
    stopDaemon: () => daemon.stop(),
    async startDaemon() {
      daemon = await start()
    },
    [Symbol.asyncDispose]: () => done.disposeAsync(),
  }
}

function onlyFile({ files }: Recipe): string {
  const [file] = files
  if (file === undefined || files.length > 1) throw new Error('not one file')
  return file.content
}

/** Not the address that the daemon trusts as its proxy's: as a client elsewhere has another one. */
const overIPv6: LookupFunction = (_name, { all }, done) => {
  if (all === true) done(null, [{ address: '::1', family: 6 }])
  else done(null, '::1', 6)
}

/** What a line in the hosts file would do, for this process alone. */
function knownHere(hostname: string): Disposable {
  const { lookup } = dns
  dns.lookup = ((name: string, ...rest: never[]) =>
    (lookup as (...given: unknown[]) => void)(
      name === hostname ? '127.0.0.1' : name,
      ...rest,
    )) as typeof lookup
  return { [Symbol.dispose]: () => void (dns.lookup = lookup) }
}
