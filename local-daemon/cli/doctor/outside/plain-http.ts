import type { Check } from '../check.ts'
import { exposureOf } from '../exposure-of.ts'
import { ask, type Outside, type OutsideAnswer } from './outside.ts'

const NAME = 'plain-http'
const LOOPBACK = /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/u

/** Whether a bearer could cross in the clear. */
export async function probePlainHttp(outside: Outside): Promise<Check> {
  const { origin } = outside
  if (origin.protocol === 'http:') return judgePlainOrigin(origin)
  const plain = new URL(`http://${origin.hostname}:${outside.httpPort ?? 80}`)
  try {
    return judgePlainAnswer(
      plain,
      await ask({ ...outside, origin: plain }, { path: '/health', anonymous: true }),
    )
  } catch {
    const message = 'Nothing answers over plain http, so no bearer token can be sent unencrypted'
    return { name: NAME, status: 'pass', message }
  }
}

export function judgePlainOrigin(origin: URL): Check {
  if (LOOPBACK.test(origin.hostname)) {
    const message = `${origin.origin} is this machine`
    return { name: NAME, status: 'skip', message }
  }
  if (exposureOf(origin) === 'tailnet') {
    const message = 'Plain http inside a tailnet, which WireGuard encrypts'
    return { name: NAME, status: 'pass', message }
  }
  return {
    name: NAME,
    status: 'warn',
    message: `${origin.origin} is plain http: anyone on the network path can read the bearer token`,
    fix: 'Use it only over a tailnet or another VPN; otherwise put a TLS proxy in front: spl expose',
  }
}

export function judgePlainAnswer(plain: URL, { status, headers, json }: OutsideAnswer): Check {
  const details = { status, location: headers.location }
  if (status >= 300 && status < 400 && headers.location?.startsWith('https://')) {
    return { name: NAME, status: 'pass', message: 'Plain http redirects to https', details }
  }
  if (status === 200 && typeof json['instance_did'] === 'string') {
    return {
      name: NAME,
      status: 'fail',
      message: `The daemon also answers at ${plain.origin}: bearer tokens can be sent unencrypted`,
      fix: `Redirect plain http to https (nginx: return 308 https://$host$request_uri;), or close port ${plain.port || 80}.`,
      details,
    }
  }
  const message = `The server at ${plain.origin} is not the daemon (${status})`
  return { name: NAME, status: 'pass', message, details }
}
