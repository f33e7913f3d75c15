import { existsSync } from 'node:fs'
import { signRegistryRequest } from '../../../../protocol/identity/registry-request.ts'
import { loadIdentity, type Identity } from '../../../access/identity/identity.ts'
import { CliError } from '../../cli-error.ts'
import { readCa } from '../../client/read-ca.ts'
import type { DaemonClient } from '../../client/daemon-client.ts'
import { EXIT_CODE } from '../../exit-code.ts'
import { homeOf, type GlobalOptions } from '../../global-options.ts'
import { readRunningFile } from '../../client/running-file.ts'
import { registryClient } from './registry-client.ts'

/** Where the registry is asked. */
export interface RegistryOptions extends GlobalOptions {
  readonly url?: URL
  readonly ca?: string
}

export interface Registry {
  readonly origin: URL
  /** Path of the PEM file that is trusted beside the system's authorities. */
  readonly caFile: string | null
  readonly identity: Identity
  readonly client: DaemonClient
}

/**
 * The registry of a gateway, asked in the name of the home's identity. The gateway is the one of the daemon of the
 * home unless another is named: a registry answers on each of its hostnames.
 *
 * @throws CliError GATEWAY_NOT_CONFIGURED, IDENTITY_MISSING, CA_UNREADABLE
 */
export async function registryOf(options: RegistryOptions): Promise<Registry> {
  const home = homeOf(options)
  const facts = readRunningFile(home)
  const gateway = options.url?.origin ?? facts?.gateway
  if (!gateway) {
    throw new CliError(
      'GATEWAY_NOT_CONFIGURED',
      `the daemon of ${home.root} has no gateway, and none is given`,
      '--url <origin>, for example --url https://spl.example.com',
      EXIT_CODE.usage,
    )
  }
  const caFile = options.ca ?? (gateway === facts?.gateway ? facts.gateway_ca : null)
  const origin = new URL(gateway)
  const identity = identityOf(options)
  const ca = caFile === null ? undefined : readCa(caFile)
  const client = registryClient({ origin, ca }, async ({ method, path, body }, challenge) => ({
    ...(await signRegistryRequest(
      { method, authority: origin.host, target: path, body },
      challenge,
      identity,
    )),
  }))
  return { origin, caFile, identity, client }
}

/** Reads the identity without making one: nobody knows yet a key that is new. */
function identityOf(options: GlobalOptions): Identity {
  const home = homeOf(options)
  if (existsSync(home.instanceKey)) return loadIdentity(home)
  throw new CliError(
    'IDENTITY_MISSING',
    `no daemon has run in ${home.root} yet, so there is no key to sign with`,
    'spl serve --daemon first, then the same command again',
    EXIT_CODE.usage,
  )
}
