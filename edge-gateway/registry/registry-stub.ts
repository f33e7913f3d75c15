import type { Env } from '../deployment/env.ts'
import type { RegistryObject } from './registry-object.ts'

export type Registry = DurableObjectStub<RegistryObject>

/** The one registry of a deployment. `readSettings` has checked that it is bound. */
export function registryOf(env: Env): Registry {
  const namespace = env.REGISTRY as unknown as DurableObjectNamespace<RegistryObject>
  return namespace.get(namespace.idFromName('registry'))
}
