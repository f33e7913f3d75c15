import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { selfSignedCertificate } from '../../local-daemon/gateway/self-signed.ts'
import { aHome } from '../support/daemon/a-daemon.ts'
import { aRealHome, type RealHome } from '../support/daemon/a-real-home.ts'
import { runSpl, type SplEnvironment } from '../support/cli/run-spl.ts'
import { freePort } from '../support/free-port.ts'

/** How the command line reaches one daemon: on its machine, or from a second one. */
export interface Way {
  readonly name: 'socket' | 'loopback' | 'proxy' | 'gateway' | 'login'
  readonly where: SplEnvironment
}

export interface Ways extends AsyncDisposable {
  readonly home: RealHome
  /** The socket first. */
  readonly ways: readonly Way[]
}

/** A real daemon behind a real gateway and a real Caddy, with a home of its own for each way to it. */
export async function waysToADaemon(hasCaddy: boolean): Promise<Ways> {
  await using undo = new AsyncDisposableStack()
  const home = undo.use(await aRealHome())
  const elsewhere = (env: Record<string, string>): SplEnvironment => ({
    home: undo.use(aHome()).path,
    env,
  })
  const withBearer = (url: string, env: Record<string, string> = {}): SplEnvironment =>
    elsewhere({ SPL_SERVE_URL: url, SPL_TOKEN: home.bearer, ...env })
  const daemon = home.daemon()
  const loopback = `http://127.0.0.1:${daemon.addresses.tcp.port}`
  const ways: Way[] = [
    { name: 'socket', where: { home: daemon.home.root } },
    { name: 'loopback', where: withBearer(loopback) },
  ]
  if (hasCaddy) {
    const proxy = undo.use(await aCaddy(daemon.addresses.tcp.port))
    ways.push({ name: 'proxy', where: withBearer(proxy.url, { NODE_EXTRA_CA_CERTS: proxy.ca }) })
  }
  ways.push({ name: 'gateway', where: withBearer(home.gateway.origin) })
  // The gateway's other name: the daemon proves itself for those that it knows.
  await home.ask('/v1/config/allowed_hosts', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ value: ['localhost'] }),
  })
  const laptop = elsewhere({})
  const invite = await home.ask('/v1/invites', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ device: 'laptop', scopes: ['admin'] }),
  })
  const { code } = (await invite.json()) as { code: string }
  const login = await runSpl(['login', home.gateway.origin, '--code', code], laptop)
  if (login.code !== 0) throw new Error(login.stderr)
  ways.push({ name: 'login', where: laptop })
  const done = undo.move()
  return { home, ways, [Symbol.asyncDispose]: () => done.disposeAsync() }
}

/** Caddy as the guide has it, `reverse_proxy 127.0.0.1:<port>`, with a certificate made here. */
async function aCaddy(daemonPort: number) {
  const directory = aHome()
  const { cert, key } = await selfSignedCertificate(directory.path, 'localhost', Date.now())
  const port = await freePort()
  const config = join(directory.path, 'Caddyfile')
  writeFileSync(
    config,
    `{
	admin off
	auto_https off
}
https://localhost:${port} {
	tls ${cert} ${key}
	reverse_proxy 127.0.0.1:${daemonPort}
}
`,
  )
  const env = { ...process.env, HOME: directory.path, XDG_DATA_HOME: directory.path }
  const args = ['run', '--config', config, '--adapter', 'caddyfile']
  const caddy = spawn('caddy', args, { env, stdio: 'ignore' })
  await untilListening(port)
  return {
    url: `https://localhost:${port}`,
    ca: cert,
    async [Symbol.asyncDispose]() {
      const gone = once(caddy, 'exit')
      caddy.kill('SIGTERM')
      await gone
      directory[Symbol.dispose]()
    },
  }
}

async function untilListening(port: number): Promise<void> {
  for (const deadline = performance.now() + 20_000; performance.now() < deadline;) {
    const answers = await fetch(`http://localhost:${port}`).then(
      () => true,
      () => false,
    )
    if (answers) return
    await sleep(50)
  }
  throw new Error(`Caddy does not listen on ${port}`)
}
