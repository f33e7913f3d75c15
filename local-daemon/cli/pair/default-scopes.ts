import type { Scope } from '../../../protocol/identity/scopes.ts'

/** What a device may do when nothing is said, by its label: `browser-…` runs a dashboard, `viewer-…` only looks. */
export function defaultScopes(device: string): readonly Scope[] {
  if (device.startsWith('browser-')) return ['admin']
  if (device.startsWith('viewer-')) return ['records:read']
  return ['records:read', 'records:write']
}
