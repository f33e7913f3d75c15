import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { shellPath } from '../../../problem/shell-word.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT_CODE } from '../../exit-code.ts'
import { readProjectRoutes, type ProjectRoute } from './project-routes.ts'
import { isOwner } from './project-settings.ts'
import { readTomlValues } from './toml-values.ts'

/** Where `spl gateway init` writes, and every other command looks, unless a directory is named. */
export const PROJECT_DIRECTORY = 'spl-gateway'

/** A gateway project as its `wrangler.toml` describes it, a person's edits included. */
export interface Project {
  /** Absolute. */
  readonly directory: string
  /** Name of the Worker in the account. */
  readonly name: string
  /** did:key of the daemon that may connect; of the admin, where there are several owners. */
  readonly owner: string
  /** Whether the gateway has several owners; the admin invites them. */
  readonly several: boolean
  /** The gateway's own hostname: the first that is no wildcard. Null for workers.dev alone. */
  readonly domain: string | null
  readonly routes: readonly ProjectRoute[]
  /** Whether `https://<name>.<account>.workers.dev` answers as well. */
  readonly workersDev: boolean
}

/**
 * Reads the project in a directory, one that `init` wrote or a checkout of the repository.
 *
 * @throws CliError GATEWAY_PROJECT_MISSING, GATEWAY_PROJECT_FOREIGN, OWNER_MISSING, OWNER_INVALID; exit code 2
 */
export async function findProject(given: string): Promise<Project> {
  const directory = resolve(given)
  const toml = await readFile(join(directory, 'wrangler.toml'), 'utf8').catch(() => undefined)
  if (toml === undefined) {
    throw new CliError(
      'GATEWAY_PROJECT_MISSING',
      `there is no gateway project in ${directory}`,
      `spl gateway init ${shellPath(directory)}, or name the directory of yours`,
      EXIT_CODE.usage,
    )
  }
  const values = readTomlValues(toml)
  const name = values.get('name')
  if (name === undefined || !/^\s*class_name\s*=\s*"TunnelObject"/mu.test(toml)) {
    throw new CliError(
      'GATEWAY_PROJECT_FOREIGN',
      `${join(directory, 'wrangler.toml')} describes another Worker, not a spl gateway`,
      'spl gateway init in its own directory',
      EXIT_CODE.usage,
    )
  }
  const { owner, several } = ownerIn(values, join(directory, 'wrangler.toml'))
  const routes = readProjectRoutes(toml)
  return {
    directory,
    name,
    owner,
    several,
    domain: routes.find(({ hostname }) => !hostname.includes('*'))?.hostname ?? null,
    routes,
    workersDev: values.get('workers_dev') !== 'false',
  }
}

/**
 * The one owner, or the admin of several.
 *
 * @throws CliError OWNER_MISSING, OWNER_INVALID; exit code 2
 */
function ownerIn(
  values: ReadonlyMap<string, string>,
  file: string,
): Pick<Project, 'owner' | 'several'> {
  const admin = values.get('vars.ADMIN_DID') || ''
  const oneOwner = values.get('vars.OWNER_DID') || ''
  if (admin && oneOwner) {
    throw new CliError(
      'OWNER_INVALID',
      `OWNER_DID and ADMIN_DID in ${file} are both set: a gateway has one owner, or an admin who invites several`,
      'remove the one you do not want; or spl gateway init with --owner or with --admin',
      EXIT_CODE.usage,
    )
  }
  const owner = admin || oneOwner
  if (!isOwner(owner)) {
    throw new CliError(
      'OWNER_MISSING',
      `${admin ? 'ADMIN_DID' : 'OWNER_DID'} in ${file} is ${owner === '' ? 'empty' : 'no did:key'}: no daemon could connect`,
      'use the value of the line Identity in: spl status',
      EXIT_CODE.usage,
    )
  }
  return { owner, several: admin !== '' }
}
