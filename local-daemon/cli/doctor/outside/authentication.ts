import type { Check } from '../check.ts'
import { ask, type Outside, type OutsideAnswer } from './outside.ts'

const NAME = 'authentication'

/** Whether nobody gets in without a bearer. */
export async function probeAuthentication(outside: Outside): Promise<Check> {
  return judgeAnonymous(await ask(outside, { path: '/v1/identity', anonymous: true }))
}

export function judgeAnonymous({ status, json }: OutsideAnswer): Check {
  const details = { status, code: json.code, via: json['via'] }
  if (status === 401 && json.object === 'error') {
    return {
      name: NAME,
      status: 'pass',
      message: 'Requests without a bearer token are refused',
      details,
    }
  }
  if (status !== 200) {
    return {
      name: NAME,
      status: 'warn',
      message: `A request without a bearer token gets status ${status}, and not from the daemon`,
      fix: 'If the proxy has its own login, programs must pass it too; otherwise forward every path.',
      details,
    }
  }
  const taken = json['via'] === 'loopback'
  return {
    name: NAME,
    status: 'fail',
    message: taken
      ? 'Anyone gets in without a bearer token: the daemon treats the proxy’s requests as requests from this machine'
      : 'Anyone gets in without a bearer token: the proxy adds one to every request',
    fix: taken
      ? 'spl config set auth_required true, start the daemon without --insecure-localhost, and let the proxy send X-Forwarded-For and keep the Host header.'
      : 'Remove the Authorization header from the proxy’s configuration (nginx: proxy_set_header Authorization …), and revoke that bearer: spl token revoke',
    details,
  }
}
