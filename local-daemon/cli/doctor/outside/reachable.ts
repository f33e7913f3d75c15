import type { Check } from '../check.ts'
import { CliError } from '../../cli-error.ts'
import { originClient } from '../../client/daemon-client.ts'
import { askInstance, INSTANCE_LIMITS } from '../../client/ask-instance.ts'
import { ask, type Outside, type OutsideAnswer } from './outside.ts'
import { whyUnreachable } from './why-unreachable.ts'

const NAME = 'reachable'

/** Whether the very daemon that is meant answers at the origin. */
export async function probeReachable(outside: Outside): Promise<Check> {
  try {
    const answer = await ask(outside, { path: '/health', anonymous: true })
    const judged = judgeHealth(outside, answer)
    return judged.status === 'pass' && outside.expectedDid !== undefined
      ? await judgeProof(outside, outside.expectedDid, judged)
      : judged
  } catch (error) {
    const { message, fix, kind, code } = whyUnreachable(outside.origin, error)
    return { name: NAME, status: 'fail', message, fix, details: { kind, code } }
  }
}

/** A name that anybody can repeat is no proof: the daemon there must hold the key. */
async function judgeProof(
  { origin, ca, lookup, process: running }: Outside,
  expectedDid: string,
  judged: Check,
): Promise<Check> {
  const limits = { ca, lookup, ...INSTANCE_LIMITS }
  try {
    const { did, process } = await askInstance(
      originClient(origin, undefined, 'the address', limits),
      origin,
    )
    if (did === expectedDid && (running === undefined || running === process)) return judged
    const copy = did === expectedDid
    return {
      name: NAME,
      status: 'fail',
      message: copy
        ? `Another daemon with this identity answers at ${origin.origin} instead of this one`
        : `Another daemon answers at ${origin.origin}: ${did}, not ${expectedDid}`,
      fix: copy
        ? 'Two daemons use copies of one home: stop one of them for good, or give it its own home.'
        : 'Point the name, or the proxy’s upstream, at this daemon: spl status shows its address.',
      details: { kind: copy ? 'copy' : 'other-daemon', instance_did: did },
    }
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    const { message, code } = error
    const details = { kind: 'unproven', code }
    // The refusal names the host that reached the daemon: another than was asked for is the proxy's doing.
    const called = /allowed_hosts (\S+)/u.exec(error.try)?.[1]
    if (code === 'HOST_NOT_ALLOWED' && called !== undefined && called !== origin.hostname) {
      return {
        name: NAME,
        status: 'fail',
        message: `The proxy changes the Host header to ${called}, so the daemon cannot prove itself`,
        fix: 'Forward it as the client sent it (nginx: proxy_set_header Host $http_host;).',
        details,
      }
    }
    return { name: NAME, status: 'fail', message, fix: error.try, details }
  }
}

export function judgeHealth(
  { origin, expectedDid }: Pick<Outside, 'origin' | 'expectedDid'>,
  { status, headers, json }: OutsideAnswer,
): Check {
  const did = json['instance_did']
  if (status === 200 && typeof did === 'string') {
    const details = { kind: 'answers', instance_did: did }
    if (expectedDid === undefined || did === expectedDid) {
      return {
        name: NAME,
        status: 'pass',
        message: `The daemon answers at ${origin.origin}`,
        details,
      }
    }
    return {
      name: NAME,
      status: 'fail',
      message: `Another daemon answers at ${origin.origin}: ${did}, not ${expectedDid}`,
      fix: 'Point the name, or the proxy’s upstream, at this daemon: spl status shows its address.',
      details: { ...details, kind: 'other-daemon' },
    }
  }
  return judgeOther(origin, { status, headers, json })
}

/** Something else than a daemon's health: what answers, and what to do about it. */
function judgeOther(origin: URL, { status, headers, json }: OutsideAnswer): Check {
  const fail = (kind: string, message: string, fix: string): Check => ({
    name: NAME,
    status: 'fail',
    message,
    fix,
    details: { kind, status, code: json.code },
  })
  if (status >= 300 && status < 400) {
    return fail(
      'redirect',
      `${origin.origin} redirects to ${String(headers.location ?? 'nowhere')}`,
      'Use that address if it is yours; otherwise let the proxy forward requests instead of redirecting them.',
    )
  }
  if (json.code === 'HOST_NOT_ALLOWED') {
    return fail(
      'host',
      `The daemon does not accept requests for ${origin.hostname}`,
      `spl config set allowed_hosts ${origin.hostname} (a list: repeat the names that are already in it)`,
    )
  }
  if (json.object === 'error') {
    return fail(
      'refused',
      `${origin.origin} leads to a ${json.hop ?? 'daemon'} that answers ${status} ${json.code}`,
      json.try ?? 'See docs/errors.md for this code.',
    )
  }
  if (status === 502 || status === 503 || status === 504) {
    return fail(
      'upstream',
      `The proxy at ${origin.origin} does not reach the daemon (${status})`,
      'Compare the proxy’s upstream with the address that spl status shows, and start the daemon: spl serve --daemon',
    )
  }
  return fail(
    'other-service',
    `The server at ${origin.origin} is not a spl daemon (${status})`,
    'Check that the name points to your proxy, and that the proxy has a site for this hostname.',
  )
}
