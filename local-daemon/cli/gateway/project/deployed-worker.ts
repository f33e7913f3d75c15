import { CliError } from '../../cli-error.ts'
import type { Project } from './find-project.ts'
import { runWrangler } from './run-wrangler.ts'

/** What has the project's name in the account now. */
export type DeployedWorker =
  | { readonly state: 'none' }
  /** `owner` is the admin where there are several owners. */
  | { readonly state: 'gateway'; readonly owner: string; readonly several: boolean }
  | { readonly state: 'other' }

interface Version {
  readonly id: string
}

interface VersionDetail {
  readonly resources?: {
    readonly bindings?: readonly { name?: string; text?: string; class_name?: string }[]
  }
}

/**
 * Asks what a deploy would replace: `wrangler deploy` itself puts a Worker over any other of the same name without a
 * word.
 *
 * @throws CliError as of runWrangler
 */
export async function deployedWorker({ directory, name }: Project): Promise<DeployedWorker> {
  try {
    const ask = async <Answer>(...args: string[]): Promise<Answer> => {
      const call = { directory, args: ['versions', ...args, '--name', name, '--json'], quiet: true }
      const { stdout } = await runWrangler(call)
      return JSON.parse(stdout) as Answer
    }
    // Oldest first.
    const newest = (await ask<Version[]>('list')).at(-1)
    if (newest === undefined) return { state: 'none' }
    const { resources } = await ask<VersionDetail>('view', newest.id)
    const bindings = resources?.bindings ?? []
    const tunnel = bindings.some(({ class_name }) => class_name === 'TunnelObject')
    const variable = (wanted: string) => bindings.find((binding) => binding.name === wanted)?.text
    const admin = variable('ADMIN_DID') || ''
    const owner = variable('OWNER_DID') || admin
    return tunnel ? { state: 'gateway', owner, several: admin !== '' } : { state: 'other' }
  } catch (error) {
    if (error instanceof CliError && error.code === 'WORKER_MISSING') return { state: 'none' }
    if (!(error instanceof SyntaxError)) throw error
    throw new CliError(
      'WRANGLER_FAILED',
      `wrangler did not answer with JSON: ${error.message}`,
      'use the version of wrangler that spl gateway init writes into package.json',
    )
  }
}
