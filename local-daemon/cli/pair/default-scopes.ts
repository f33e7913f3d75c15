import type { Scope } from '../../../protocol/identity/scopes.ts'

/**
 * What a device may do when nothing is said, by its label: `browser-…` runs a dashboard, `viewer-…` only looks.
 * @param hasReach a dashboard is about the whole daemon, so no bearer with a reach runs one
 */
export function defaultScopes(device: string, hasReach = false): readonly Scope[] {
  if (device.startsWith('browser-') && !hasReach) return ['admin']
  if (device.startsWith('viewer-')) return ['records:read']
  return ['records:read', 'records:write']
}
