import { hostnameOf } from '../../protocol/http/hostname.ts'
import { CHALLENGE_PATH, TUNNEL_PATH } from '../../protocol/tunnel/version.ts'
import type { Env } from '../env.ts'
import type { HostOwner } from '../host-owner.ts'
import { refuse, type Refusal } from '../refusal.ts'
import type { RegistryAdmin, Settings } from '../settings.ts'
import { Door, type Given } from '../worker/door.ts'
import { clientOf, type PublicUrl } from '../worker/public-request.ts'
import { answerRegistry, isRegistryTarget } from './answer-registry.ts'
import { HostDirectory, type AskDirectory, type Found } from './host-directory.ts'
import { HOSTNAME_UNKNOWN, REGISTRY_UNAVAILABLE } from './refusals.ts'
import { registryOf } from './registry-stub.ts'

type Answer = Given<Response>

/** One Worker serves one deployment, so requests share what they learn. */
const directory = new HostDirectory()

/**
 * A request to a gateway for several owners: the registry's own paths on any host, else the owner of the
 * host, else a refusal. A known host awaits nothing.
 * @param serve goes on with the owner
 */
export function serveHostnames(
  request: Request,
  url: PublicUrl,
  env: Env,
  settings: Settings,
  admin: RegistryAdmin,
  serve: (owner: HostOwner) => Answer,
): Answer {
  if (isRegistryTarget(url.target)) {
    return answerRegistry(request, url, env, settings, admin, {
      changed: () => directory.changed(),
      isOwn,
    })
  }
  const hostname = hostnameOf(url.host)
  const connects = url.target === TUNNEL_PATH || url.target === CHALLENGE_PATH
  const found =
    hostname === undefined ? 'unknown' : directory.find(hostname, asking(env), Date.now(), connects)
  return found instanceof Promise ? found.then(decide) : decide(found)

  /** An assigned name counts as the gateway's own, like one from its settings. */
  async function isOwn(): Promise<boolean> {
    const { publicHosts } = settings
    if (publicHosts.includes(url.host)) return true
    const name = publicHosts.includesPort(url.host) ? hostnameOf(url.host) : undefined
    if (name === undefined) return false
    return typeof (await directory.find(name, asking(env), Date.now())) === 'object'
  }

  function decide(owner: Found): Answer {
    if (typeof owner !== 'string') return serve(owner)
    const refusal = owner === 'unknown' ? HOSTNAME_UNKNOWN : REGISTRY_UNAVAILABLE
    return refuseStranger(refusal, request, env, settings)
  }
}

function asking(env: Env): AskDirectory {
  return async (known) => registryOf(env).directory(known)
}

/** Counted like any request without a valid bearer, before it gets an answer. */
function refuseStranger(refusal: Refusal, request: Request, env: Env, settings: Settings): Answer {
  const asked = { requestId: crypto.randomUUID() }
  const door = new Door<Response>(env, settings, clientOf(request, settings), (why) =>
    refuse(why, asked),
  )
  return door.enter(() => door.refuseStranger(refusal))
}
