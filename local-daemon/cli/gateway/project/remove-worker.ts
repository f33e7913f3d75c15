import type { Home } from '../../../home/home.ts'
import { CliError } from '../../cli-error.ts'
import { note } from '../../output/output.ts'
import { readRunningFile } from '../../client/running-file.ts'
import { confirmName } from '../confirm-name.ts'
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
      ? `removes the Worker ${name} from Cloudflare, the hostnames of all its owners, and who has which`
      : `removes the Worker ${name} from Cloudflare, its hostname, and what its object keeps: hashes of tokens, a counter`,
  )
  note(
    project.several
      ? 'nothing at home is lost: records, accounts and bearers stay; after a later deploy the owners must be invited again'
      : 'nothing at home is lost: records, accounts and bearers stay, and a later deploy brings all of it back',
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
      'look at name in wrangler.toml and at CLOUDFLARE_ACCOUNT_ID; if it is gone already, all is done',
    )
  }
  throw new CliError(
    'OWNER_DIFFERS',
    ours && !several
      ? `the Worker ${project.name} in the account serves several owners, and this project one`
      : `the Worker ${project.name} in the account is not the gateway of ${owner}`,
    'name the directory of the project that deployed it; or npx wrangler delete, if you are sure',
  )
}

async function disconnect(project: Project, home: Home): Promise<boolean> {
  const gateway = readRunningFile(home)?.gateway
  const hostnames = (await readProjectNote(project.directory))?.hostnames ?? []
  const ours = [...hostnames, ...project.routes.map(({ hostname }) => `https://${hostname}`)]
  if (!gateway || !isAmongOrigins(ours, gateway)) return false
  note('starting the daemon again without a gateway')
  await restartHome(home, { gateway: null })
  return true
}
