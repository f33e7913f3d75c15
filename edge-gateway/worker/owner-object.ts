import type { Env } from '../deployment/env.ts'
import type { HostOwner } from '../door/host-owner.ts'

const ids = new WeakMap<HostOwner, DurableObjectId>()

/** The object that holds this owner's home. Its id is a hash of its name, made once. */
export function objectOf(env: Env, owner: HostOwner): Fetcher {
  let id = ids.get(owner)
  if (id === undefined) {
    id = env.TUNNEL.idFromName(owner.objectName)
    ids.set(owner, id)
  }
  return env.TUNNEL.get(id)
}
