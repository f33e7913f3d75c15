import { lookup } from 'node:dns/promises'
import { CliError } from '../cli-error.ts'
import type { Project } from './find-project.ts'
import { readProjectNote } from './project-note.ts'

/** Resolves a hostname to its addresses, and rejects if it has none. */
export type Resolve = (hostname: string) => Promise<readonly string[]>

async function resolveHere(hostname: string): Promise<string[]> {
  return (await lookup(hostname, { all: true })).map(({ address }) => address)
}

/**
 * Refuses a domain that leads somewhere already, unless an earlier deploy has put it there. Wrangler, when nobody can be asked,
 * replaces the DNS record of whatever was there without a word.
 *
 * @throws CliError DOMAIN_TAKEN
 */
export async function checkDomain(
  { domain, directory }: Project,
  resolve: Resolve = resolveHere,
): Promise<void> {
  if (domain === null) return
  const before = (await readProjectNote(directory))?.hostnames ?? []
  if (before.includes(`https://${domain}`)) return
  const addresses = await resolve(domain).catch(() => [])
  if (addresses.length === 0) return
  throw new CliError(
    'DOMAIN_TAKEN',
    `${domain} leads to ${addresses.slice(0, 3).join(', ')} already, and a deploy would replace its DNS record`,
    'spl gateway init --domain <another hostname>, or --replace if nothing is lost',
  )
}
