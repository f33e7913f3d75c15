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
    return { name: NAME, status: 'pass', message: 'Requests without a bearer are refused', details }
  }
  if (status !== 200) {
    return {
      name: NAME,
      status: 'warn',
      message: `A request without a bearer is answered with ${status}, not by the daemon`,
      fix: 'If the proxy has a login of its own, programs need to pass it too; otherwise forward every path.',
      details,
    }
  }
  const taken = json['via'] === 'loopback'
  return {
    name: NAME,
    status: 'fail',
    message: taken
      ? 'Anybody gets in without a bearer: the daemon takes the proxy’s requests for this machine’s own'
      : 'Anybody gets in without a bearer: the proxy shows one for everybody',
    fix: taken
      ? 'spl config set auth_required true, serve without --insecure-localhost, and let the proxy send X-Forwarded-For and keep Host.'
      : 'Take the Authorization header out of the proxy’s configuration (nginx: proxy_set_header Authorization …), and revoke that bearer: spl token revoke',
    details,
  }
}
