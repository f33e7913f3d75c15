import { lookup } from 'node:dns/promises'
import { CliError } from '../../cli-error.ts'
import type { Project } from './find-project.ts'
import { readProjectNote } from './project-note.ts'

/** Resolves a hostname to its addresses, and rejects if it has none. */
export type Resolve = (hostname: string) => Promise<readonly string[]>

export async function resolveHere(hostname: string): Promise<string[]> {
  return (await lookup(hostname, { all: true })).map(({ address }) => address)
}

/**
 * Refuses a custom domain that leads somewhere already, unless an earlier deploy has put it there. A route is none: it needs a DNS record. Wrangler, when nobody can be asked,
 * replaces the DNS record of whatever was there without a word.
 *
 * @throws CliError DOMAIN_TAKEN
 */
export async function checkDomain(
  { routes, directory }: Project,
  resolve: Resolve = resolveHere,
): Promise<void> {
  const before = (await readProjectNote(directory))?.hostnames ?? []
  for (const { hostname, custom } of routes) {
    if (!custom || before.includes(`https://${hostname}`)) continue
    const addresses = await resolve(hostname).catch(() => [])
    if (addresses.length > 0) throw taken(hostname, addresses)
  }
}

function taken(hostname: string, addresses: readonly string[]): CliError {
  return new CliError(
    'DOMAIN_TAKEN',
    `${hostname} already points to ${addresses.slice(0, 3).join(', ')}, and a deploy would replace its DNS record`,
    'spl gateway init --domain <another hostname>, or --replace if you do not need it',
  )
}
