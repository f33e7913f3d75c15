import { pathOf, ROUTE_ACCESS, routeAccess } from '../../protocol/http/route-access.ts'

const METHODS: readonly string[] = [
  ...new Set(
    Object.entries(ROUTE_ACCESS).flatMap(([route, { local }]) =>
      local === true ? [route.slice(0, route.indexOf(' '))] : [],
    ),
  ),
]

/**
 * Whether the path is one that answers at home only, whatever the method, also where a router would
 * decode it into one. No such path holds a character beyond ASCII, so other escapes may stay as they are.
 */
export function isLocalPath(target: string): boolean {
  const path = pathOf(target).replaceAll(/%([0-7][0-9a-f])/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return METHODS.some((method) => routeAccess(method, path)?.local === true)
}
