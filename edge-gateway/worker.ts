import { TUNNEL_PATH } from '../protocol/version.ts'
import type { Env } from './env.ts'
import { problemResponse } from './problem-response.ts'
import { readSettings } from './settings.ts'
import { connect } from './worker/connect.ts'
import { splitUrl } from './worker/public-request.ts'
import { relay } from './worker/relay.ts'

export { TunnelObject } from './tunnel/tunnel-object.ts'

/**
 * The public entry. Stateless: it refuses what can be refused by form, size and signature, and hands
 * the rest to the one object that holds the daemon's socket.
 */
export default {
  fetch(request, env) {
    const settings = readSettings(env)
    if (typeof settings === 'string') {
      return problemResponse('GATEWAY_MISCONFIGURED', settings, {
        try: 'set the variable in wrangler.toml, or restart `spl gateway serve` with it',
      })
    }
    const object = () => env.TUNNEL.get(objectId(env, settings.owner))
    const url = splitUrl(request.url)
    if (url.target === TUNNEL_PATH) return connect(request, url.host, env, settings, object)
    return relay(request, url, env, settings, object)
  },
} satisfies ExportedHandler<Env>

let ownId: DurableObjectId | undefined

/** The one object of this deployment; its id is a hash of the name, made once. */
function objectId(env: Env, owner: string): DurableObjectId {
  return (ownId ??= env.TUNNEL.idFromName(owner))
}
