import { CliError } from '../../cli-error.ts'
import { note } from '../../output/output.ts'
import type { DeployedWorker } from './deployed-worker.ts'
import type { Project } from './find-project.ts'

/** What may be replaced beside the project's own. */
export interface ReplaceChoice {
  /** Whatever has the name. */
  readonly replace: boolean
  /** Identities that the home had before: their gateway is the home's. */
  readonly formerOwners: readonly string[]
}

/**
 * Lets a deploy put itself over what has the name in the account, if that is the same person's gateway and nobody else loses a
 * hostname by it.
 *
 * @throws CliError NAME_TAKEN, OWNER_DIFFERS
 */
export function checkReplaced(
  project: Project,
  deployed: DeployedWorker,
  { replace, formerOwners }: ReplaceChoice,
): void {
  const { name, owner, several } = project
  if (deployed.state === 'none') return
  if (deployed.state === 'other') {
    if (replace) return
    throw new CliError(
      'NAME_TAKEN',
      `the account already has a Worker named ${name}, which is not a spl gateway`,
      'spl gateway init --name <another>, or --replace to overwrite it',
    )
  }
  const former = formerOwners.includes(deployed.owner)
  const everybodyStays = several || !deployed.several
  if (everybodyStays && (deployed.owner === owner || former)) {
    if (former) {
      const whose = several ? 'admin' : 'owner'
      note(
        `${name} gets this ${whose} instead of ${deployed.owner}, the former identity of this home`,
      )
    } else note(`${name} already exists: this becomes its next version`)
    if (several && !deployed.several) {
      note('it had one owner: that daemon must join too, under a hostname that you invite it to')
    }
    return
  }
  if (replace) return
  throw new CliError(
    'OWNER_DIFFERS',
    deployed.several
      ? `${name} now serves several owners; their admin is ${deployed.owner}`
      : `${name} now serves another daemon: ${deployed.owner || 'none'}`,
    deployed.several
      ? 'spl gateway init --name <another>; or --replace, and they lose their hostnames'
      : 'spl gateway init --name <another>; or --replace, and that daemon loses its gateway',
  )
}
