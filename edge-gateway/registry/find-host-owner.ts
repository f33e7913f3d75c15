import { hostnameOf } from '../../protocol/http/hostname.ts'
import { andThen, type MaybePromise } from '../../protocol/maybe-promise.ts'
import { CHALLENGE_PATH, TUNNEL_PATH } from '../../protocol/tunnel/version.ts'
import { enter } from '../door/enter.ts'
import type { HostOwner } from '../door/host-owner.ts'
import { clientOf, type PublicUrl } from '../door/public-request.ts'
import { refuse, type Refusal } from '../door/refusal.ts'
import { HOSTNAME_UNKNOWN } from '../door/refusals.ts'
import { STRANGERS } from '../door/stranger-limits.ts'
import type { RegistrySettings } from '../deployment/settings.ts'
import { answerRegistry } from './answer-registry.ts'
import { HostDirectory, type AskDirectory, type Found } from './host-directory.ts'
import { REGISTRY_UNAVAILABLE } from './refusals.ts'
import { isRegistryTarget } from './registry-routes.ts'
import { registryOf } from './registry-stub.ts'

/** One Worker serves one deployment, so requests share what they learn. */
const directory = new HostDirectory()

/**
 * A request to a gateway for several owners: the registry's own paths on any host, else the owner of the
 * host, else a refusal. A known host awaits nothing.
 * @param serve goes on with the owner
 */
export function findHostOwner(
  request: Request,
  url: PublicUrl,
  settings: RegistrySettings,
  serve: (owner: HostOwner) => MaybePromise<Response>,
): MaybePromise<Response> {
  const ask: AskDirectory = async (known) => registryOf(settings.env).directory(known)
  if (isRegistryTarget(url.target)) {
    const changed = () => directory.changed()
    return answerRegistry(request, url, settings, { changed, isOwn })
  }
  const hostname = hostnameOf(url.host)
  const connects = url.target === TUNNEL_PATH || url.target === CHALLENGE_PATH
  const found =
    hostname === undefined ? 'unknown' : directory.find(hostname, ask, Date.now(), connects)
  return andThen<Found, Response>(found, (owner) => {
    if (typeof owner !== 'string') return serve(owner)
    const refusal = owner === 'unknown' ? HOSTNAME_UNKNOWN : REGISTRY_UNAVAILABLE
    return refuseEach(refusal, request, settings)
  })

  /** An assigned name counts as the gateway's own, like one from its settings. */
  async function isOwn(): Promise<boolean> {
    const { publicHosts } = settings
    if (publicHosts.includes(url.host)) return true
    const name = publicHosts.includesPort(url.host) ? hostnameOf(url.host) : undefined
    if (name === undefined) return false
    return typeof (await directory.find(name, ask, Date.now())) === 'object'
  }
}

/** Counted like any request without a valid bearer, before it gets an answer. */
function refuseEach(
  refusal: Refusal,
  request: Request,
  settings: RegistrySettings,
): MaybePromise<Response> {
  const asked = { requestId: crypto.randomUUID() }
  return enter<never, Response>(settings, {
    client: clientOf(request, settings),
    strangers: STRANGERS,
    formFault: () => undefined,
    credential: () => refusal,
    strangerLimitOf: () => undefined,
    admit: () => refuse(refusal, asked),
    refuse: (why) => refuse(why, asked),
  })
}
