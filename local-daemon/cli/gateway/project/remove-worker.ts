import type { Home } from '../../../home/home.ts'
import { CliError } from '../../cli-error.ts'
import { note } from '../../output/output.ts'
import { readRunningFile } from '../../client/running-file.ts'
import { confirmName } from '../../output/confirm-name.ts'
import { deployedWorker } from './deployed-worker.ts'
import { findProject, type Project } from './find-project.ts'
import { readProjectNote } from './project-note.ts'
import { restartHome } from '../restart-home.ts'
import { isAmongOrigins } from './is-among-origins.ts'
import { runWrangler } from './run-wrangler.ts'
import { noteHostnames } from './write-project.ts'

export interface Removal {
  readonly name: string
  /** Whether the daemon of the home was connected there, and has been started again without it. */
  readonly disconnected: boolean
}

/**
 * Deletes the deployed Worker with its object. The daemon is let go last: while it fails to delete, the daemon stays reachable.
 *
 * @throws CliError
 */
export async function removeWorker(directory: string, home: Home, yes: boolean): Promise<Removal> {
  const project = await findProject(directory)
  const { name } = project
  await checkOurs(project)
  note(
    project.several
      ? `this removes the Worker ${name} from Cloudflare, with the hostnames of all its owners and the list of who owns which`
      : `this removes the Worker ${name} from Cloudflare, with its hostname and what its object stores: hashes of tokens, a counter`,
  )
  note(
    project.several
      ? 'nothing at home is lost: records, accounts and bearer tokens stay. After a later deploy you must invite the owners again'
      : 'nothing at home is lost: records, accounts and bearer tokens stay, and a later deploy restores the gateway',
  )
  await confirmName(name, yes)
  await deleteWorker(project)
  const disconnected = await disconnect(project, home)
  await noteHostnames(project.directory, [])
  return { name, disconnected }
}

/**
 * After the Worker is gone wrangler looks for leftovers of a kind that a gateway has none of, and fails where the token may not: what
 * counts is whether the Worker is there.
 */
async function deleteWorker(project: Project): Promise<void> {
  const { directory, name } = project
  try {
    await runWrangler({ directory, args: ['delete', '--name', name, '--force'] })
  } catch (error) {
    if ((await deployedWorker(project)).state !== 'none') throw error
  }
}

async function checkOurs(project: Project): Promise<void> {
  const deployed = await deployedWorker(project)
  const { owner, several } = project
  const ours = deployed.state === 'gateway' && deployed.owner === owner
  if (ours && deployed.several === several) return
  if (deployed.state === 'none') {
    throw new CliError(
      'WORKER_MISSING',
      `there is no Worker ${project.name} in the account`,
      'check name in wrangler.toml and CLOUDFLARE_ACCOUNT_ID; if it was removed already, there is nothing to do',
    )
  }
  throw new CliError(
    'OWNER_DIFFERS',
    ours && !several
      ? `the Worker ${project.name} in the account serves several owners, but this project serves one`
      : `the Worker ${project.name} in the account is not the gateway of ${owner}`,
    'give the directory of the project that deployed it; or, if you are sure, npx wrangler delete',
  )
}

async function disconnect(project: Project, home: Home): Promise<boolean> {
  const gateway = readRunningFile(home)?.gateway
  const hostnames = (await readProjectNote(project.directory))?.hostnames ?? []
  const ours = [...hostnames, ...project.routes.map(({ hostname }) => `https://${hostname}`)]
  if (!gateway || !isAmongOrigins(ours, gateway)) return false
  note('restarting the daemon without a gateway')
  await restartHome(home, { gateway: null })
  return true
}
