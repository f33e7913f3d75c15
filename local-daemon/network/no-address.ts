/** The resolver's codes for a name without an address; the second also where the resolver itself does not answer. */
const NO_ADDRESS: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA'])

/** What to say of a hostname that DNS has no address for, and what to do. */
export interface NoAddress {
  readonly message: string
  readonly next: string
}

/** The one wording of this fault, for every command; undefined for an error of another kind. */
export function noAddress(hostname: string, error: unknown): NoAddress | undefined {
  const { code } = error as NodeJS.ErrnoException
  if (code === undefined || !NO_ADDRESS.has(code)) return undefined
  return {
    message: `${hostname} has no address in DNS, as seen from here`,
    next: `check the spelling of ${hostname}; a new name may need some minutes, and an A or AAAA record (a CNAME for cloudflared) at your DNS provider`,
  }
}

/** The same in one line, of an error that names the hostname itself. */
export function sayNoAddress(error: unknown): string | undefined {
  const { hostname } = error as { readonly hostname?: unknown }
  if (typeof hostname !== 'string') return undefined
  const found = noAddress(hostname, error)
  return found && `${found.message}: check the spelling`
}
