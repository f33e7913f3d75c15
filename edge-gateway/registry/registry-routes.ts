import { checkQuery, queryNames, type QueryFault } from '../../protocol/http/check-query.ts'
import { isHostname } from '../../protocol/http/hostname.ts'
import { pathOf } from '../../protocol/http/route-access.ts'
import { REGISTRY_PATH } from '../../protocol/identity/registry-request.ts'

/** The registry's operations. */
export type RegistryRoute =
  | { readonly kind: 'challenge' }
  | { readonly kind: 'join' }
  | { readonly kind: 'invite' }
  | { readonly kind: 'invites' }
  | { readonly kind: 'cancel'; readonly inviteId: string }
  | { readonly kind: 'hostnames'; readonly after: string }
  | { readonly kind: 'revoke'; readonly hostname: string }

/** What only the admin may ask. */
export type AdminRoute = Exclude<RegistryRoute, { kind: 'join' | 'challenge' }>

/** The methods of a known path, for a method that it does not have. */
export interface OtherMethods {
  readonly allow: string
}

const INVITE_ID = /^[0-9a-f]{64}$/

/** Whether a request is for the registry itself, on any hostname. Such a request is never relayed. */
export function isRegistryTarget(target: string): boolean {
  if (!target.startsWith(REGISTRY_PATH)) return false
  return target.length === REGISTRY_PATH.length || /[/?]/.test(target[REGISTRY_PATH.length] ?? '')
}

/** What a request asks for; undefined if there is no such path. The path is not decoded. */
export function registryRoute(
  method: string,
  target: string,
): RegistryRoute | OtherMethods | undefined {
  const path = pathOf(target)
  const [name, item, ...more] = path.slice(REGISTRY_PATH.length + 1).split('/')
  if (more.length > 0) return undefined
  if (item === undefined) return collection(method, name ?? '', target.slice(path.length + 1))
  if (name === 'invites' && INVITE_ID.test(item)) {
    return method === 'DELETE' ? { kind: 'cancel', inviteId: item } : { allow: 'DELETE' }
  }
  if (name === 'hostnames' && isHostname(item)) {
    return method === 'DELETE' ? { kind: 'revoke', hostname: item } : { allow: 'DELETE' }
  }
  return undefined
}

function collection(
  method: string,
  name: string,
  query: string,
): RegistryRoute | OtherMethods | undefined {
  if (name === 'challenge') return method === 'GET' ? { kind: 'challenge' } : { allow: 'GET' }
  if (name === 'join') return method === 'POST' ? { kind: 'join' } : { allow: 'POST' }
  if (name === 'invites') {
    if (method === 'POST') return { kind: 'invite' }
    return method === 'GET' ? { kind: 'invites' } : { allow: 'GET, POST' }
  }
  if (name !== 'hostnames') return undefined
  const after = new URLSearchParams(query).get('cursor') ?? ''
  return method === 'GET' ? { kind: 'hostnames', after } : { allow: 'GET' }
}

/** What is wrong with the query of a route. */
export function registryQueryFault(
  { kind }: RegistryRoute,
  target: string,
): QueryFault | undefined {
  return checkQuery(queryNames(target), kind === 'hostnames' ? ['cursor'] : [])
}
