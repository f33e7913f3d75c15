import { Agent, type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pino } from 'pino'
import { urlHost } from '../../../local-daemon/network/listen-host.ts'
import { type Daemon, type DaemonOptions, startDaemon } from '../../../local-daemon/daemon.ts'
import { startGateway } from '../../../local-daemon/gateway/start-gateway.ts'
import { aHomeWithIdentity } from '../../support/daemon/a-home-with-identity.ts'
import { until } from '../../support/until.ts'
import type { Way } from './access-table-routes.ts'
import { builtWorker } from '../../support/gateway/worker-source.ts'

export interface Asking {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly headers?: readonly (readonly [string, string])[]
  readonly json?: unknown
  /** A body that is no JSON. */
  readonly octets?: string
}

/** What came back; of an event stream its head, and then it is cut. */
export interface Told {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  /** `WWW-Authenticate`. */
  readonly challenge: string | undefined
}

/**
 * A real daemon and the ways to it: one on loopback, that a real gateway on raw workerd gives a public hostname, or one
 * on a private address of this machine.
 */
export interface AccessStage extends AsyncDisposable {
  readonly daemon: Daemon
  /** The way over TCP that no proxy is part of. */
  readonly direct: 'loopback' | 'network'
  ask(way: Way, asking: Asking): Promise<Told>
}

/** The name that the reverse proxy of the tests forwards. */
const PROXIED = 'spl.example'

export async function anAccessStage(options: Partial<DaemonOptions> = {}): Promise<AccessStage> {
  const home = aHomeWithIdentity()
  const gateway =
    options.host === undefined
      ? await startGateway({
          ownerDid: home.ownerDid,
          directory: join(home.path, 'gateway'),
          worker: await builtWorker(),
        })
      : undefined
  const daemon = await startDaemon({
    home: home.path,
    port: 0,
    logger: pino({ level: 'silent' }),
    ...(gateway && { tunnel: { gatewayUrl: gateway.url } }),
    ...options,
  })
  if (gateway !== undefined)
    await until('the tunnel is connected', () => daemon.tunnel?.status.state === 'connected')

  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  const { socket: socketPath, tcp } = daemon.addresses
  const places = {
    socket: { at: { socketPath }, own: [['host', 'localhost']] },
    loopback: { at: { port: tcp.port }, own: [['host', `localhost:${tcp.port}`]] },
    network: {
      at: { host: tcp.host, port: tcp.port },
      own: [['host', `${urlHost(tcp.host)}:${tcp.port}`]],
    },
    proxy: {
      at: { port: tcp.port },
      own: [
        ['host', PROXIED],
        ['x-forwarded-for', '203.0.113.7'],
      ],
    },
    // Through the tunnel a loopback name in Host is the public hostname, and must open nothing more.
    tunnel: { at: { port: gateway?.port }, own: [['host', `localhost:${gateway?.port}`]] },
  } as const

  async function ask(
    way: Way,
    { method, target, headers = [], json, octets }: Asking,
  ): Promise<Told> {
    const body = json === undefined ? octets : JSON.stringify(json)
    const type = json === undefined ? 'application/octet-stream' : 'application/json'
    const { at, own } = places[way]
    const fields = [...own, ...headers, ...(body === undefined ? [] : bodyFields(type, body))]
    const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = request({
        host: '127.0.0.1',
        ...at,
        method,
        path: target,
        agent,
        headers: fields.flat(),
        setDefaultHeaders: false,
      })
      outgoing.once('response', resolve)
      outgoing.once('error', reject)
      outgoing.end(body)
    })
    const status = incoming.statusCode ?? 0
    const challenge = incoming.headers['www-authenticate']
    if (incoming.headers['content-type'] === 'text/event-stream') {
      incoming.destroy()
      return { status, challenge, body: {} }
    }
    const content = await text(incoming)
    if (incoming.headers['content-type']?.startsWith('text/plain')) {
      return { status, challenge, body: {} }
    }
    return { status, challenge, body: JSON.parse(content) as Told['body'] }
  }

  async function set(key: string, value: unknown): Promise<void> {
    const target = `/v1/config/${key}`
    const { status } = await ask('socket', { method: 'POST', target, json: { value } })
    if (status !== 200) throw new Error(`${key} was not set: ${status}`)
  }
  await set('allowed_hosts', [PROXIED])
  await set('trusted_proxies', ['127.0.0.1'])
  // The table asks for more of one token than a person would.
  await set('token_requests_per_second', 1_000_000)
  await set('token_burst', 10_000_000)

  return {
    daemon,
    direct: gateway === undefined ? 'network' : 'loopback',
    ask,
    async [Symbol.asyncDispose]() {
      agent.destroy()
      await daemon.stop()
      await gateway?.stop()
      home[Symbol.dispose]()
    },
  }
}

function bodyFields(type: string, body: string): [string, string][] {
  return [
    ['content-type', type],
    ['content-length', String(Buffer.byteLength(body))],
  ]
}
