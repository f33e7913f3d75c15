import { isIP } from 'node:net'
import { parseDidKey } from '../../../../protocol/identity/did-key.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT_CODE } from '../../exit-code.ts'

/** What a gateway project is made of, beside the Worker itself. */
export interface ProjectSettings {
  /** Name of the Worker in the account. */
  readonly name: string
  /** did:key of the daemon that may connect; of the admin, where there are several owners. */
  readonly owner: string
  /** Whether the gateway has several owners; the admin invites them. */
  readonly several: boolean
  /** Hostname of a domain in the account, or null for workers.dev alone. */
  readonly domain: string | null
  /** With several owners: their hostnames beside the domain, or `*.spl.example.com` for all of a level. Else empty. */
  readonly hostnames: readonly string[]
  /** With several owners: the domain in the account to which all of these belong. Else null. */
  readonly zone: string | null
  /** Whether `https://<name>.<account>.workers.dev` answers as well. */
  readonly workersDev: boolean
}

/**
 * Takes settings that Cloudflare will take too, so that a mistake is told here and not after an upload.
 *
 * @throws CliError NAME_INVALID, OWNER_INVALID, DOMAIN_INVALID, HOSTNAME_MISSING; exit code 2
 */
export function checkSettings(settings: ProjectSettings): ProjectSettings {
  const { name, owner, several, domain, workersDev } = settings
  if (!/^[a-z0-9](?:[a-z0-9-]{0,52}[a-z0-9])?$/u.test(name)) {
    throw new CliError(
      'NAME_INVALID',
      `not a valid name for a Worker: ${JSON.stringify(name)}`,
      'use up to 54 lower-case letters and digits, with hyphens between them: --name spl-gateway',
      EXIT_CODE.usage,
    )
  }
  if (!isOwner(owner)) {
    throw new CliError(
      'OWNER_INVALID',
      `the ${several ? 'admin' : 'owner'} is not an Ed25519 did:key: ${JSON.stringify(owner)}`,
      'spl status at home, whose line Identity is the did:key of your daemon',
      EXIT_CODE.usage,
    )
  }
  if (domain !== null && !isHostname(domain)) {
    throw new CliError(
      'DOMAIN_INVALID',
      `not a valid hostname: ${JSON.stringify(domain)}`,
      'give only the name, without scheme, port or wildcard: --domain spl.example.com',
      EXIT_CODE.usage,
    )
  }
  if (domain === null && !workersDev) {
    throw new CliError(
      'HOSTNAME_MISSING',
      'without workers.dev and a domain, the gateway would have no hostname',
      '--domain spl.example.com, or leave out --no-workers-dev',
      EXIT_CODE.usage,
    )
  }
  if (several) checkHostnames(settings)
  else if (settings.hostnames.length > 0 || settings.zone !== null) {
    throw new CliError(
      'DOMAIN_INVALID',
      'one owner has one hostname: --hostname and --zone are for several owners',
      'use only --domain spl.example.com, or --admin self for several owners',
      EXIT_CODE.usage,
    )
  }
  return settings
}

/** On workers.dev a Worker has one hostname, which is not enough for several owners. */
function checkHostnames({ domain, hostnames, zone }: ProjectSettings): void {
  if (domain === null || zone === null) {
    throw new CliError(
      'HOSTNAME_MISSING',
      'several owners need several hostnames, and workers.dev gives a Worker one',
      '--domain spl.example.com, of a domain in your Cloudflare account',
      EXIT_CODE.usage,
    )
  }
  const invalid = hostnames.find((text) => !isHostname(text.replace(/^\*\./u, '')))
  if (invalid !== undefined || !isHostname(zone)) {
    throw new CliError(
      'DOMAIN_INVALID',
      `not a valid hostname: ${JSON.stringify(invalid ?? zone)}`,
      "--hostname alice.example.com, or --hostname '*.spl.example.com' for every name below it",
      EXIT_CODE.usage,
    )
  }
  const outside = [domain, ...hostnames].find(
    (hostname) => hostname !== zone && !hostname.endsWith(`.${zone}`),
  )
  if (outside === undefined) return
  throw new CliError(
    'DOMAIN_INVALID',
    `${outside} does not belong to ${zone}`,
    '--zone example.com, the domain as your Cloudflare account names it',
    EXIT_CODE.usage,
  )
}

/** Whether the text is a did:key that a gateway takes for its owner. */
export function isOwner(text: string): boolean {
  try {
    parseDidKey(text)
    return true
  } catch {
    return false
  }
}

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u

function isHostname(text: string): boolean {
  const labels = text.split('.')
  const ownName = !text.endsWith('.workers.dev') && isIP(text) === 0 && text.length <= 253
  return ownName && labels.length >= 2 && labels.every((label) => LABEL.test(label))
}
