import type { MaybePromise } from '../protocol/maybe-promise.ts'
import { CHALLENGE_PATH, TUNNEL_PATH } from '../protocol/tunnel/version.ts'
import type { Env } from './deployment/env.ts'
import type { HostOwner } from './door/host-owner.ts'
import { lingerUnread } from './door/linger.ts'
import { problemResponse } from './door/problem-response.ts'
import { refuse } from './door/refusal.ts'
import { isRegistryTarget } from './registry/registry-routes.ts'
import { NO_REGISTRY } from './registry/refusals.ts'
import { findHostOwner } from './registry/find-host-owner.ts'
import { haveRegistry, readSettings } from './deployment/settings.ts'
import { connect } from './worker/connect.ts'
import { giveChallenge } from './worker/give-challenge.ts'
import { splitUrl } from './door/public-request.ts'
import { refusalOfFailure } from './worker/refusal-of-failure.ts'
import { relay } from './worker/relay.ts'
import { logFault } from './deployment/log-fault.ts'
import { STORAGE_PROBE_OBJECT, STORAGE_PROBE_URL } from './internal/relayed.ts'
import { STORAGE_ROOM } from './internal/storage-room.ts'

export { RegistryObject } from './registry/registry-object.ts'
export { TunnelObject } from './tunnel/tunnel-object.ts'

/**
 * The public entry. Stateless: it refuses what can be refused by form, size and signature, and hands
 * the rest to the one object that holds the socket of the host's owner.
 */
export default {
  fetch(request, env, ctx) {
    if (STORAGE_ROOM.full) ctx.waitUntil(tryRoom(env))
    const answer = settled(request, env)
    // Whoever refuses a request leaves its body unread.
    return BODILESS.has(request.method) ? answer : lingerUnread(answer, request)
  },
} satisfies ExportedHandler<Env>

const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD'])

/** Whatever fails on the way, a client is told so in the one form; the runtime would say so in plain text. */
function settled(request: Request, env: Env): MaybePromise<Response> {
  try {
    const answer = answerTo(request, env)
    return answer instanceof Promise ? answer.catch(tell) : answer
  } catch (error) {
    return tell(error)
  }
}

function tell(error: unknown): Response {
  const requestId = crypto.randomUUID()
  logFault('worker', error, requestId)
  return refuse(refusalOfFailure(error, Date.now()), { requestId })
}

/** In an object of its own, which alone fails with it. */
function tryRoom({ TUNNEL }: Env): Promise<void> {
  const write = () => TUNNEL.get(TUNNEL.idFromName(STORAGE_PROBE_OBJECT)).fetch(STORAGE_PROBE_URL)
  return STORAGE_ROOM.tryAgain(write, Date.now())
}

function answerTo(request: Request, env: Env): MaybePromise<Response> {
  const settings = readSettings(env)
  if (typeof settings === 'string') {
    return problemResponse('GATEWAY_MISCONFIGURED', settings, {
      try: 'set the variable in wrangler.toml, or restart `spl gateway serve` with it',
    })
  }
  const url = splitUrl(request.url)
  const serve = (owner: HostOwner) => {
    if (url.target === TUNNEL_PATH) return connect(request, url.host, settings, owner)
    if (url.target === CHALLENGE_PATH) return giveChallenge(request, url.host, settings, owner)
    return relay(request, url, settings, owner)
  }
  if (haveRegistry(settings)) return findHostOwner(request, url, settings, serve)
  if (isRegistryTarget(url.target)) return refuse(NO_REGISTRY, { requestId: crypto.randomUUID() })
  return serve(settings.serves as HostOwner)
}
