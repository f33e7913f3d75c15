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
    const message = 'Nothing answers to plain http, so no bearer crosses in the clear'
    return { name: NAME, status: 'pass', message }
  }
}

export function judgePlainOrigin(origin: URL): Check {
  if (LOOPBACK.test(origin.hostname)) {
    const message = `${origin.origin} is this machine itself`
    return { name: NAME, status: 'skip', message }
  }
  if (exposureOf(origin) === 'tailnet') {
    const message = 'Plain http inside a tailnet: WireGuard encrypts what is in it'
    return { name: NAME, status: 'pass', message }
  }
  return {
    name: NAME,
    status: 'warn',
    message: `${origin.origin} is plain http: anyone on the way can read the bearer`,
    fix: 'Only over a tailnet or another VPN; otherwise put a proxy with TLS in front: spl expose',
  }
}

export function judgePlainAnswer(plain: URL, { status, headers, json }: OutsideAnswer): Check {
  const details = { status, location: headers.location }
  if (status >= 300 && status < 400 && headers.location?.startsWith('https://')) {
    return { name: NAME, status: 'pass', message: 'Plain http leads to https', details }
  }
  if (status === 200 && typeof json['instance_did'] === 'string') {
    return {
      name: NAME,
      status: 'fail',
      message: `The daemon answers at ${plain.origin} as well: bearers can cross in the clear`,
      fix: `Redirect plain http to https (nginx: return 308 https://$host$request_uri;), or close port ${plain.port || 80}.`,
      details,
    }
  }
  const message = `What answers at ${plain.origin} is not the daemon (${status})`
  return { name: NAME, status: 'pass', message, details }
}
