import { scopeBits } from '../../protocol/tunnel/edge-policy.ts'
import { ROUTE_ACCESS, type RouteAccess } from '../../protocol/http/route-access.ts'
import { GATEWAY_METRICS } from './metrics-route.ts'

const bits: ReadonlyMap<RouteAccess, number> = new Map(
  [...Object.values(ROUTE_ACCESS), GATEWAY_METRICS].map((access) => {
    const { scopes } = access
    return [access, typeof scopes === 'string' ? 0 : scopeBits(scopes)]
  }),
)

/** The scopes of which a route needs one, as bits; 0 for whatever scopes, and where no route is. */
export function routeBits(access: RouteAccess | undefined): number {
  return access === undefined ? 0 : (bits.get(access) ?? 0)
}
