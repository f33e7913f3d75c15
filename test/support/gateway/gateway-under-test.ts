import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LIMITS } from '../../../protocol/limits.ts'
import { COMPATIBILITY_DATE } from '../../../local-daemon/gateway/compatibility-date.ts'
import { startGateway } from '../../../local-daemon/gateway/start-gateway.ts'
import { builtWorker, wrappedWorker } from './worker-source.ts'

/** The hostname of gateways that have an admin. */
export const BASE = 'spl.test'

export interface GatewaySettings {
  /** One owner, or an admin who assigns hostnames. */
  readonly ownerDid?: string
  readonly adminDid?: string
  readonly clientAddressHeader?: string
  /** Home may connect through a link on another port. */
  readonly anyPort?: boolean
  /** Raw workerd only; a free one unless given. */
  readonly port?: number
  readonly headTimeoutSeconds?: number
  /** Requests per minute of one address, and of a stranger: by miniflare's binding, or by the Worker's own count. */
  readonly perMinute?: { readonly address: number; readonly stranger: number }
  /** Further variables, or wrong ones. */
  readonly variables?: Readonly<Record<string, string>>
  /**
   * Runs the Worker inside a few lines that log each object's construction and each request to it. The object fails at
   * requests for `/object-fails`.
   */
  readonly observed?: boolean
  /** How often each object fails when its hostname is revoked. */
  readonly unhearing?: number
  /** Other numbers than `LIMITS` has, for pools that would take a test too long to fill. */
  readonly limits?: Readonly<Partial<Record<keyof typeof LIMITS, number>>>
  /** Lets a test set the Worker's clock (gateway-clock.ts). */
  readonly movableClock?: boolean
  /** Raw workerd only: lets a test collect its garbage (live-memory.ts). */
  readonly collectable?: boolean
}

/** The real Worker on a real runtime, listening on loopback. */
export interface GatewayUnderTest extends AsyncDisposable {
  /** `http://localhost:<port>` */
  readonly origin: string
  /** As clients name it in Host. */
  readonly authority: string
  readonly port: number
  /** Process id of workerd, where it is known. */
  readonly pid: number | undefined
  /** Whether clients meet the front of `spl gateway serve`, and not the bare runtime. */
  readonly front: boolean
  /** What the Worker has logged so far. */
  readonly log: readonly string[]
}

export type StartGatewayUnderTest = (settings: GatewaySettings) => Promise<GatewayUnderTest>

/** Raw workerd, started as `spl gateway serve` starts it. */
export async function startOnWorkerd(settings: GatewaySettings): Promise<GatewayUnderTest> {
  const directory = mkdtempSync(join(tmpdir(), 'spl-gateway-'))
  const log: string[] = []
  const { adminDid, clientAddressHeader, ownerDid, perMinute } = settings
  const worker = await workerSource(settings)
  const gateway = await startGateway({
    ...(ownerDid !== undefined && { ownerDid }),
    ...(adminDid !== undefined && { adminDid }),
    directory,
    worker,
    hostname: hostnameOf(settings),
    ...(settings.port !== undefined && { port: settings.port }),
    ...(settings.collectable === true && { v8Flags: ['--expose-gc'] }),
    onLog: (line) => log.push(line),
    ...(perMinute && {
      addressRequestsPerMinute: perMinute.address,
      strangerRequestsPerMinute: perMinute.stranger,
    }),
    ...(clientAddressHeader === undefined ? {} : { clientAddressHeader }),
  })
  return {
    ...underTest(gateway.port, log),
    pid: gateway.pid,
    front: true,
    async [Symbol.asyncDispose]() {
      await gateway.stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function hostnameOf({ adminDid, anyPort }: GatewaySettings): string {
  if (anyPort === true) return 'localhost:*'
  return adminDid === undefined ? 'localhost' : BASE
}

/** Miniflare, on the socket that goes straight to the Worker, not through miniflare's own. */
export async function startOnMiniflare(settings: GatewaySettings): Promise<GatewayUnderTest> {
  const { adminDid, clientAddressHeader, ownerDid, perMinute } = settings
  const text = (value: string) => ({ type: 'text' as const, value })
  const log: string[] = []
  // Only here: loading it takes half a second, and few files need it.
  const { Miniflare } = await import('miniflare')
  const runtime = new Miniflare({
    telemetry: { enabled: false },
    handleStructuredLogs: ({ message }) => log.push(message),
    workers: [
      {
        config: {
          name: 'gateway',
          compatibilityDate: COMPATIBILITY_DATE,
          manifest: {
            mainModule: 'worker.js',
            modulesRoot: import.meta.dirname,
            modules: { 'worker.js': { type: 'esm', contents: await workerSource(settings) } },
          },
          env: {
            OWNER_DID: text(ownerDid ?? ''),
            ADMIN_DID: text(adminDid ?? ''),
            PUBLIC_HOSTNAMES: text('*'),
            CLIENT_ADDRESS_HEADER: text(clientAddressHeader ?? ''),
            ...(perMinute && {
              ADDRESS_LIMIT: rateLimit('1', perMinute.address),
              STRANGER_LIMIT: rateLimit('2', perMinute.stranger),
            }),
            TUNNEL: { type: 'durable-object', worker: 'gateway', exportName: 'TunnelObject' },
            REGISTRY: { type: 'durable-object', worker: 'gateway', exportName: 'RegistryObject' },
          },
          exports: {
            TunnelObject: { type: 'durable-object', storage: 'sqlite' },
            RegistryObject: { type: 'durable-object', storage: 'sqlite' },
          },
        },
        dev: { unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }] },
      },
    ],
  })
  const url = await runtime.unsafeGetDirectURL('gateway')
  return {
    ...underTest(Number(url.port), log),
    [Symbol.asyncDispose]: () => runtime.dispose(),
  }
}

function rateLimit(namespace: string, limit: number) {
  return { type: 'rate-limit' as const, namespace, simple: { limit, period: 60 as const } }
}

function underTest(
  port: number,
  log: string[],
): Omit<GatewayUnderTest, typeof Symbol.asyncDispose> {
  const authority = `localhost:${port}`
  return { origin: `http://${authority}`, authority, port, pid: undefined, front: false, log }
}

/** The Worker bundled as for production; only where a test asks for it, in a wrapping. */
export async function workerSource(
  settings: Omit<GatewaySettings, 'ownerDid' | 'adminDid'>,
): Promise<string> {
  const { headTimeoutSeconds, limits, unhearing, variables } = settings
  const more = {
    ...variables,
    ...(headTimeoutSeconds && { HEAD_TIMEOUT_SECONDS: String(headTimeoutSeconds) }),
  }
  const plain = Object.keys(more).length === 0 && limits === undefined
  const { collectable, movableClock, observed } = settings
  const wrapped = [collectable, movableClock, observed].includes(true) || unhearing !== undefined
  if (plain && !wrapped) return builtWorker()
  return wrappedWorker(wrapping(JSON.stringify(more), unhearing ?? 0, JSON.stringify(limits ?? {})))
}

function wrapping(more: string, unhearing: number, limits: string): string {
  return `
    import { LIMITS } from '../protocol/limits.ts'
    import worker, { RegistryObject as RealRegistry, TunnelObject as Real } from './worker.ts'
    Object.assign(LIMITS, ${limits})
    export class RegistryObject extends RealRegistry {
      constructor(ctx, env) {
        super(ctx, { ...env, ...${more} })
      }
      directory(known) {
        console.log('registry asked')
        return super.directory(known)
      }
    }
    export class TunnelObject extends Real {
      constructor(ctx, env) {
        super(ctx, { ...env, ...${more} })
        console.log('object constructed')
        this.unhearing = ${unhearing}
      }
      endForGood() {
        if (this.unhearing-- > 0) throw new Error('it does not hear')
        return super.endForGood()
      }
      fetch(request) {
        console.log('object request ' + request.url)
        if (request.headers.get('x-spl-head')?.includes('/object-fails')) throw new Error('it fails')
        return super.fetch(request)
      }
    }
    const real = Date.now.bind(Date)
    let clock = real
    Date.now = () => clock()
    function setClock(told) {
      const at = clock()
      const [, by] = /^still(?:\\+(.*))?$/.exec(told) ?? []
      clock = told.startsWith('still') ? () => at + Number(by ?? 0) : () => real() + Number(told)
      return new Response(null, { status: 204 })
    }
    let requests = 0
    export default {
      fetch(request, env, ctx) {
        const told = request.headers.get('x-test-clock')
        if (told !== null) return setClock(told)
        if (request.headers.has('x-test-collect')) {
          gc()
          return Response.json(requests)
        }
        requests += 1
        return worker.fetch(request, { ...env, ...${more} }, ctx)
      }
    }
  `
}
