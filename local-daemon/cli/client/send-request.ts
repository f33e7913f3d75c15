import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http'
import type { LookupFunction } from 'node:net'
import { request as requestHttps, type RequestOptions as TlsOptions } from 'node:https'
import { proxyAgent, proxyFor } from '../../network/proxy.ts'
import { guardWay, refuseProxied } from './plain-way.ts'

/**
 * Where a request goes: a Unix socket, or an origin whose certificate `ca` (PEM) may vouch for. `lookup` finds its
 * address in place of the system.
 */
export type Target = { readonly socket: string } | OriginTarget

export interface OriginTarget {
  readonly origin: URL
  readonly ca?: string | undefined
  readonly lookup?: LookupFunction | undefined
}

export interface RequestToSend {
  readonly method: string
  /** Path with query, sent as it is. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | undefined
  /** Milliseconds of silence after which the request fails with {@link SilentError}. */
  readonly silenceMs: number
  readonly signal?: AbortSignal
}

/** The other side took the connection and then said nothing. */
export class SilentError extends Error {
  override readonly name = 'SilentError'
}

/** Sends one request on a connection of its own and resolves with the head of the answer; the body is still to be read. */
export function sendRequest(target: Target, request: RequestToSend): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options: RequestOptions = {
      method: request.method,
      path: request.path,
      timeout: request.silenceMs,
      agent: false,
      headers: {
        ...request.headers,
        ...(request.body !== undefined && { 'content-length': Buffer.byteLength(request.body) }),
      },
      ...(request.signal && { signal: request.signal }),
    }
    const sent = open(guarded(target, request), options)
    sent.on('response', resolve)
    // Nothing here asks for another protocol, and nothing would ever come of the promise.
    sent.on('upgrade', (_response, socket) => {
      socket.destroy()
      reject(new Error('the server switched to another protocol'))
    })
    sent.on('timeout', () => sent.destroy(new SilentError('no answer in time')))
    sent.on('error', reject)
    sent.end(request.body)
  })
}

/** Whatever carries more than a question: a bearer, a ticket, a body. */
function guarded(target: Target, { headers = {}, path, body }: RequestToSend): Target {
  if ('socket' in target) return target
  const names = Object.keys(headers).map((name) => name.toLowerCase())
  const isSecret =
    names.includes('authorization') || body !== undefined || /[?&]ticket=/u.test(path)
  if (!isSecret) return target
  // Where the proxy looks the name up, nobody here knows how far the bearer goes in clear.
  if (proxyOf(target) !== undefined && target.origin.protocol === 'http:') {
    refuseProxied(target.origin)
    return target
  }
  const lookup = guardWay(target.origin, target.lookup)
  return lookup === undefined ? target : { ...target, lookup }
}

/** None for this machine, and none where the address is known already. */
function proxyOf({ origin, lookup }: OriginTarget): URL | undefined {
  return lookup === undefined ? proxyFor(origin) : undefined
}

function open(target: Target, options: RequestOptions): ReturnType<typeof requestHttp> {
  if ('socket' in target) return requestHttp({ ...options, socketPath: target.socket })
  const proxy = proxyOf(target)
  // Of this request alone, like the connection of one that goes there directly.
  if (proxy !== undefined) options.agent = proxyAgent(proxy, { keepAlive: false })
  const { hostname, port, protocol } = target.origin
  const { lookup } = target
  const host = hostname.replaceAll(/^\[|\]$/gu, '')
  const address = { host, port, ...(lookup && { lookup }) }
  if (protocol === 'http:') return requestHttp({ ...options, ...address })
  const tls: TlsOptions = { ...options, ...address, ...(target.ca && { ca: target.ca }) }
  return requestHttps(tls)
}
