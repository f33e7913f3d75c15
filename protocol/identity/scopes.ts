/** What a bearer may do: a closed list. A token keeps the scopes it was minted with. */
export const SCOPES = [
  'records:read',
  'records:write',
  'threads:write',
  'federation:manage',
  'config:read',
  'config:write',
  'admin',
] as const

export type Scope = (typeof SCOPES)[number]

export function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text)
}

/** `admin` grants everything; otherwise only the very scope does: writing does not imply reading. */
export function hasScope(granted: readonly string[], required: Scope): boolean {
  return granted.includes(required) || granted.includes('admin')
}
