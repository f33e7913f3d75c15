import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { isOwner, type ProjectSettings } from './project-settings.ts'
import { readTomlValues } from './toml-values.ts'

/** Where `spl gateway init` writes, and every other command looks, unless a directory is named. */
export const PROJECT_DIRECTORY = 'spl-gateway'

/** A gateway project as its `wrangler.toml` describes it, a person's edits included. */
export interface Project extends ProjectSettings {
  /** Absolute. */
  readonly directory: string
}

/**
 * Reads the project in a directory, one that `init` wrote or a checkout of the repository.
 *
 * @throws CliError GATEWAY_PROJECT_MISSING, GATEWAY_PROJECT_FOREIGN, OWNER_MISSING; exit code 2
 */
export async function findProject(given: string): Promise<Project> {
  const directory = resolve(given)
  const toml = await readFile(join(directory, 'wrangler.toml'), 'utf8').catch(() => undefined)
  if (toml === undefined) {
    throw new CliError(
      'GATEWAY_PROJECT_MISSING',
      `there is no gateway project in ${directory}`,
      'spl gateway init, or name the directory of yours',
      EXIT_CODE.usage,
    )
  }
  const values = readTomlValues(toml)
  const name = values.get('name')
  if (name === undefined || !/^\s*class_name\s*=\s*"TunnelObject"/mu.test(toml)) {
    throw new CliError(
      'GATEWAY_PROJECT_FOREIGN',
      `${join(directory, 'wrangler.toml')} describes another Worker, not a gateway of spl`,
      'spl gateway init in a directory of its own',
      EXIT_CODE.usage,
    )
  }
  // A gateway of several owners has its admin in the owner's place.
  const owner = values.get('vars.OWNER_DID') || values.get('vars.ADMIN_DID') || ''
  if (!isOwner(owner)) {
    throw new CliError(
      'OWNER_MISSING',
      `OWNER_DID in ${join(directory, 'wrangler.toml')} is ${owner === '' ? 'empty' : 'no did:key'}: no daemon could connect`,
      'put in the line Identity of: spl status',
      EXIT_CODE.usage,
    )
  }
  return {
    directory,
    name,
    owner,
    domain: /^routes\s*=\s*\[\s*\{\s*pattern\s*=\s*"([^"]+)"/mu.exec(toml)?.[1] ?? null,
    workersDev: values.get('workers_dev') !== 'false',
  }
}
