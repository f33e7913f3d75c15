import type { Agent } from 'node:http'
import { HttpsProxyAgent } from 'https-proxy-agent'
import { getProxyForUrl } from 'proxy-from-env'
import { isLoopbackName } from './is-loopback-name.ts'

/** Overrides the variables of other programs: a proxy's address, or `off`. */
const OWN = 'SPL_PROXY'

/** The proxy does not let a connection through. `try` names the next step. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError'
  readonly code: 'PROXY_AUTH_REQUIRED' | 'PROXY_REFUSED' | 'PROXY_UNREACHABLE' | 'PROXY_INVALID'
  readonly try: string

  constructor(code: ProxyError['code'], message: string, next: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.try = next
  }
}

/**
 * The proxy that leads to an http or https address: `SPL_PROXY`, else `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` as curl
 * knows them. This machine is never reached through one.
 *
 * @throws ProxyError PROXY_INVALID
 */
export function proxyFor(url: URL): URL | undefined {
  if (isLoopbackName(url.hostname) || url.hostname.endsWith('.localhost')) return undefined
  const own = process.env[OWN]
  const text = own ? own.trim() : getProxyForUrl(url.href)
  if (text === '' || text === 'off') return undefined
  const proxy = URL.parse(text)
  if (proxy?.protocol === 'http:' || proxy?.protocol === 'https:') return proxy
  throw new ProxyError(
    'PROXY_INVALID',
    'the address of the proxy is none of http or https',
    `${OWN}=http://proxy.example:3128, or HTTPS_PROXY; ${OWN}=off goes without one`,
  )
}

/**
 * Makes connections by CONNECT (RFC 9110, section 9.3.6), also for plain http: the proxy looks up the name, and does not
 * parse what passes. Its refusals are errors, never answers of the other side.
 */
export function proxyAgent(proxy: URL, { keepAlive }: { readonly keepAlive: boolean }): Agent {
  const agent = new ThroughProxy(proxy, { keepAlive, maxSockets: 1 })
  agent.on('proxyConnect', ({ statusCode }: { statusCode: number }, request) => {
    if (statusCode !== 200) request.destroy(refusal(proxy, statusCode))
  })
  return agent
}

class ThroughProxy extends HttpsProxyAgent<string> {
  override async connect(
    ...args: Parameters<HttpsProxyAgent<string>['connect']>
  ): ReturnType<HttpsProxyAgent<string>['connect']> {
    try {
      return await super.connect(...args)
    } catch (cause) {
      throw new ProxyError(
        'PROXY_UNREACHABLE',
        `the proxy ${this.proxy.host} does not answer: ${(cause as Error).message}`,
        `check HTTPS_PROXY, or ${OWN}; ${OWN}=off goes without one`,
        { cause },
      )
    }
  }
}

/** Only the host of a proxy's address is shown: the rest may be a password. */
function refusal(proxy: URL, status: number): ProxyError {
  if (status !== 407) {
    return new ProxyError(
      'PROXY_REFUSED',
      `the proxy ${proxy.host} does not lead there: it answered ${status}`,
      'name the host in NO_PROXY, or let the proxy allow CONNECT to that host and port',
    )
  }
  return new ProxyError(
    'PROXY_AUTH_REQUIRED',
    proxy.username === ''
      ? `the proxy ${proxy.host} wants a user and a password`
      : `the proxy ${proxy.host} does not take this user and password`,
    `HTTPS_PROXY=http://<user>:<password>@${proxy.host}, or the same in ${OWN}`,
  )
}
