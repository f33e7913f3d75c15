import { isIP } from 'node:net'
import { parseDidKey } from '../../../protocol/did-key.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'

/** What a gateway project is made of, beside the Worker itself. */
export interface ProjectSettings {
  /** Name of the Worker in the account. */
  readonly name: string
  /** did:key of the daemon that may connect. */
  readonly owner: string
  /** Hostname of a domain in the account, or null for workers.dev alone. */
  readonly domain: string | null
  /** Whether `https://<name>.<account>.workers.dev` answers as well. */
  readonly workersDev: boolean
}

/**
 * Takes settings that Cloudflare will take too, so that a mistake is told here and not after an upload.
 *
 * @throws CliError NAME_INVALID, OWNER_INVALID, DOMAIN_INVALID, HOSTNAME_MISSING; exit code 2
 */
export function checkSettings(settings: ProjectSettings): ProjectSettings {
  const { name, owner, domain, workersDev } = settings
  if (!/^[a-z0-9](?:[a-z0-9-]{0,52}[a-z0-9])?$/u.test(name)) {
    throw new CliError(
      'NAME_INVALID',
      `not a name for a Worker: ${JSON.stringify(name)}`,
      'up to 54 lower-case letters, digits and hyphens between them: --name spl-gateway',
      EXIT_CODE.usage,
    )
  }
  if (!isOwner(owner)) {
    throw new CliError(
      'OWNER_INVALID',
      `the owner is not an Ed25519 did:key: ${JSON.stringify(owner)}`,
      'spl status at home, whose line Identity is the did:key of your daemon',
      EXIT_CODE.usage,
    )
  }
  if (domain !== null && !isHostname(domain)) {
    throw new CliError(
      'DOMAIN_INVALID',
      `not a hostname of a domain of yours: ${JSON.stringify(domain)}`,
      'a name alone, without scheme, port or wildcard: --domain spl.example.com',
      EXIT_CODE.usage,
    )
  }
  if (domain === null && !workersDev) {
    throw new CliError(
      'HOSTNAME_MISSING',
      'without workers.dev and without a domain the gateway would have no hostname',
      '--domain spl.example.com, or leave out --no-workers-dev',
      EXIT_CODE.usage,
    )
  }
  return settings
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
