import type { Env } from '../env.ts'
import type { RegistryObject } from './registry-object.ts'

/** The one registry of a deployment. `readSettings` has checked that it is bound. */
export function registryOf(env: Env): DurableObjectStub<RegistryObject> {
  const namespace = env.REGISTRY as DurableObjectNamespace<RegistryObject>
  return namespace.get(namespace.idFromName('registry'))
}
