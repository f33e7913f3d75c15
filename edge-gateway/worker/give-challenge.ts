import type { MaybePromise } from '../../protocol/maybe-promise.ts'
import { enter } from '../door/enter.ts'
import type { HostOwner } from '../door/host-owner.ts'
import { clientOf } from '../door/public-request.ts'
import { refuse, type Refusal } from '../door/refusal.ts'
import { OTHER_HOST } from '../door/refusals.ts'
import { CONNECT_CHALLENGES } from '../door/stranger-limits.ts'
import { CHALLENGE_URL } from '../internal/relayed.ts'
import type { Settings } from '../deployment/settings.ts'
import { isOwnHost } from './own-host.ts'
import { objectOf } from './owner-object.ts'

/** What the next connect proof is to be signed over. Anybody may ask; it is good for nothing without the key. */
export function giveChallenge(
  request: Request,
  host: string,
  settings: Settings,
  owner: HostOwner,
): MaybePromise<Response> {
  return enter<object, Response>(settings, {
    client: clientOf(request, settings),
    strangers: CONNECT_CHALLENGES,
    formFault: () => undefined,
    credential: () => NOTHING_SHOWN,
    strangerLimitOf: () => CONNECT_CHALLENGES,
    // Whatever is asked here counts, also what is asked wrongly.
    admit: () => {
      if (request.method !== 'GET') return say(NOT_GET)
      if (!isOwnHost(host, settings)) return say(OTHER_HOST)
      return objectOf(settings.env, owner).fetch(CHALLENGE_URL)
    },
    refuse: say,
  })
}

function say(refusal: Refusal): Response {
  return refuse(refusal, { requestId: crypto.randomUUID() })
}

const NOTHING_SHOWN = {}
const NOT_GET: Refusal = {
  code: 'METHOD_NOT_ALLOWED',
  message: 'A challenge is asked for with GET',
  allow: 'GET',
}
