import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { WebSocketServer } from 'ws'

export const ACCOUNT = '0123456789abcdef0123456789abcdef'
export const TOKEN = 'stand-in-token-0a1b2c3d4e5f'

/** One upload of a Worker, as `wrangler deploy` made it. */
export interface Upload {
  readonly metadata: {
    readonly main_module: string
    readonly compatibility_date: string
    readonly bindings: readonly Readonly<Record<string, unknown>>[]
    readonly migrations?: {
      readonly old_tag?: string
      readonly new_tag?: string
      readonly steps?: readonly object[]
    }
  }
  /** The parts of the form and their content, by name. */
  readonly parts: ReadonlyMap<string, string>
  /** The whole body, to search for what must not be there. */
  readonly body: string
}

/** An answer in place of the usual one. */
export interface Refusal {
  readonly match: RegExp
  readonly status: number
  readonly code: number
  readonly message: string
}

/**
 * The few endpoints of Cloudflare's API that `wrangler deploy`, `versions`, `delete` and `tail` ask, with one account and
 * the Workers in memory. It takes one token, and remembers what was uploaded.
 */
export class CloudflareStandIn implements AsyncDisposable {
  readonly uploads: Upload[] = []
  /** `METHOD path` of every request. */
  readonly requests: string[] = []
  readonly deleted: string[] = []
  refusal: Refusal | undefined
  /** The newest migration of the deployed version. */
  migrationTag = 'v2'
  /** The account's workers.dev subdomain. */
  subdomain: string | undefined = 'me'
  /** What each Worker route of the zone leads to. */
  readonly routes = new Map<string, string>()
  /** Sent to every client that tails, one message each. */
  tailEvents: readonly object[] = []
  readonly #workers = new Map<string, Upload>()
  readonly #server = createServer((request, response) => void this.#answer(request, response))
  readonly #tails = new WebSocketServer({ noServer: true, handleProtocols: () => 'trace-v1' })

  static async start(): Promise<CloudflareStandIn> {
    const standIn = new CloudflareStandIn()
    const server = standIn.#server
    server.on('upgrade', (request, socket, head) => {
      standIn.#tails.handleUpgrade(request, socket, head, (tail) => {
        // Wrangler keeps the tail alive with frames that lack the client's mask, and Cloudflare takes them.
        tail.on('error', () => {})
        for (const event of standIn.tailEvents) tail.send(JSON.stringify(event))
      })
    })
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    return standIn
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** The environment with which spl talks to it, and does not touch your own configuration. */
  environment(folder: string): Record<string, string> {
    return {
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${this.port}/client/v4`,
      CLOUDFLARE_API_TOKEN: TOKEN,
      CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
      XDG_CONFIG_HOME: folder,
      HOME: folder,
    }
  }

  /** Adds a Worker, as an earlier deployment would have. */
  place(name: string, bindings: readonly Readonly<Record<string, unknown>>[]): void {
    const metadata = { main_module: 'worker.js', compatibility_date: '2026-11-17', bindings }
    this.#workers.set(name, { metadata, parts: new Map(), body: '' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#tails.clients) client.terminate()
    this.#server.closeAllConnections()
    await new Promise((resolve) => void this.#server.close(resolve))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request)
    const url = new URL(request.url ?? '', 'http://stand-in')
    const path = url.pathname.replace(/^\/client\/v4/u, '').replace(`/accounts/${ACCOUNT}`, '')
    const line = `${request.method} ${path}`
    this.requests.push(line)
    const send = (status: number, content: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ messages: [], ...content }))
    }
    const yes = (result: unknown): void => send(200, { success: true, errors: [], result })
    const no = (status: number, code: number, message: string): void =>
      send(status, { success: false, errors: [{ code, message }], result: null })

    if (request.headers.authorization !== `Bearer ${TOKEN}`)
      return no(403, 9109, 'Invalid access token')
    if (this.refusal?.match.test(line)) {
      const { status, code, message } = this.refusal
      return no(status, code, message)
    }
    const name = /^\/workers\/(?:services|scripts|workers)\/([^/]+)/u.exec(path)?.[1]
    const worker = name === undefined ? undefined : this.#workers.get(name)
    if (path === '/workers/subdomain') {
      if (this.subdomain === undefined) return no(404, 10007, 'workers.dev subdomain not found')
      return yes({ subdomain: this.subdomain })
    }
    if (path === '/user/tokens/verify') return yes({ id: 'token', status: 'active' })
    if (path === '/user') return no(403, 9109, 'Unauthorized to access requested resource')
    if (path === '/zones') {
      const zone = { id: 'zone', name: 'example.com', account: { id: ACCOUNT } }
      return yes(url.searchParams.get('name') === zone.name ? [zone] : [])
    }
    if (path === '/zones/zone/workers/routes') {
      return yes([...this.routes].map(([pattern, script]) => ({ pattern, script })))
    }
    if (path.endsWith('/domains/records') || path === '/workers/domains') return yes([])
    if (path.includes('/domains/changeset')) {
      return yes({ added: [], removed: [], updated: [], conflicting: [] })
    }
    if (path === '/workers/durable_objects/namespaces' || path === '/storage/kv/namespaces')
      return yes([])
    if (name === undefined) return no(404, 7000, `no route ${line}`)
    if (request.method === 'PUT' && path === `/workers/scripts/${name}`) {
      this.#keep(name, body, request.headers['content-type'] ?? '')
      return yes(deployed(name))
    }
    if (request.method === 'PUT' && path === `/workers/scripts/${name}/routes`) {
      const patterns = JSON.parse(body.toString()) as { pattern: string }[]
      const taken = patterns.some(({ pattern }) => (this.routes.get(pattern) ?? name) !== name)
      if (taken) return no(409, 10020, 'A route with the same pattern already exists.')
      for (const { pattern } of patterns) this.routes.set(pattern, name)
      return yes(patterns)
    }
    if (worker === undefined) {
      return path.startsWith('/workers/services')
        ? no(404, 10090, 'workers.api.error.service_not_found')
        : no(404, 10007, 'This Worker does not exist on your account.')
    }
    if (request.method === 'DELETE') {
      this.#workers.delete(name)
      this.deleted.push(name)
      return yes(null)
    }
    if (request.method === 'POST' && path.endsWith('/versions')) {
      const upload = this.#keep(name, body, request.headers['content-type'] ?? '')
      return yes({ ...deployed(name), ...version(upload) })
    }
    if (path.endsWith('/versions')) return yes({ items: [version(worker)] })
    if (/\/versions\/[^/]+$/u.test(path)) return yes(version(worker))
    if (path.endsWith('/deployments')) {
      const versions = [{ version_id: VERSION_ID, percentage: 100 }]
      return yes(
        request.method === 'POST'
          ? { id: 'deployment' }
          : { deployments: [{ id: 'deployment', source: 'wrangler', versions, created_on: DATE }] },
      )
    }
    if (path.endsWith('/tails')) {
      const id = 'tail'
      return yes({
        id,
        url: `ws://127.0.0.1:${this.port}/tail`,
        expires_at: '2036-01-01T00:00:00Z',
      })
    }
    if (path.endsWith('/secrets')) return yes([])
    if (path.endsWith('/subdomain')) return yes({ enabled: true, previews_enabled: false })
    if (path.endsWith('/settings') || path.endsWith('/script-settings')) {
      return yes({ bindings: worker.metadata.bindings, migration_tag: this.migrationTag, tags: [] })
    }
    if (path.startsWith('/workers/services/')) {
      const script = {
        last_deployed_from: 'wrangler',
        id: name,
        tag: 'tag',
        migration_tag: this.migrationTag,
      }
      const environment = { environment: 'production', script }
      return yes({ id: name, default_environment: environment, environments: [environment] })
    }
    if (path === `/workers/workers/${name}`)
      return yes({ id: 'tag', name, tags: [], subdomain: {} })
    if (path.endsWith('/schedules') || path.endsWith('/references')) return yes([])
    return no(404, 7000, `no route ${line}`)
  }

  #keep(name: string, body: Buffer, contentType: string): Upload {
    const parts = formParts(body.toString(), contentType)
    const metadata = JSON.parse(parts.get('metadata') ?? '{}') as Upload['metadata']
    const upload = { metadata, parts, body: body.toString() }
    this.uploads.push(upload)
    this.#workers.set(name, upload)
    return upload
  }
}

const VERSION_ID = '11111111-2222-3333-4444-555555555555'
const DATE = '2026-11-24T00:00:00Z'

function deployed(name: string): object {
  return { id: VERSION_ID, tag: name, deployment_id: VERSION_ID, startup_time_ms: 3 }
}

function version({ metadata }: Upload): object {
  return {
    id: VERSION_ID,
    number: 1,
    annotations: {},
    metadata: { author_email: 'owner@example.com', source: 'wrangler', created_on: DATE },
    resources: {
      bindings: metadata.bindings,
      script: { handlers: ['fetch'], etag: 'etag' },
      script_runtime: { compatibility_date: metadata.compatibility_date },
    },
  }
}

/** A multipart form's parts, by their names. */
function formParts(body: string, contentType: string): Map<string, string> {
  const boundary = /boundary=([^;]+)/u.exec(contentType)?.[1] ?? ''
  const parts = new Map<string, string>()
  for (const part of body.split(`--${boundary}`)) {
    const name = /name="([^"]+)"/u.exec(part)?.[1]
    if (name !== undefined) parts.set(name, part.slice(part.indexOf('\r\n\r\n') + 4, -2))
  }
  return parts
}
