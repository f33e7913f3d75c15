import { isPreflight } from '../../protocol/http/cors.ts'
import type { MaybePromise } from '../../protocol/maybe-promise.ts'
import { askingOrigin } from '../door/asking-origin.ts'
import { enter } from '../door/enter.ts'
import type { HostOwner } from '../door/host-owner.ts'
import { readPublicRequest, type PublicUrl } from '../door/public-request.ts'
import type { Settings } from '../deployment/settings.ts'
import { HostRequest } from './host-request.ts'
import { PreflightVisit } from './preflight-visit.ts'
import { RelayVisit } from './relay-visit.ts'
import { tellPage } from './tell-page.ts'

/**
 * Lets a public request through to the owner's object, or answers it here. Nothing is awaited for a known bearer, so
 * that it costs no turn.
 */
export function relay(
  request: Request,
  url: PublicUrl,
  settings: Settings,
  owner: HostOwner,
): MaybePromise<Response> {
  const asked = new HostRequest(request, settings.env, owner)
  const read = readPublicRequest(request, url, settings, asked.requestId)
  // Before its form: what is wrong with a request its page can read only if it may ask.
  if (isPreflight(request)) {
    return asked.orLost(enter(settings, new PreflightVisit(asked, read.client)))
  }
  const visit = new RelayVisit(asked, read)
  const answer = asked.orLost(enter(settings, visit))
  if ('code' in read || read.head.upgrade === undefined) return answer
  const foreign = askingOrigin(read.head) !== undefined
  return Promise.resolve(answer).then((given) =>
    visit.signed ? tellPage(request, foreign, given) : given,
  )
}
