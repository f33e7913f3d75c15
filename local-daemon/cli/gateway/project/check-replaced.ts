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
      `the account has another Worker of the name ${name}, no gateway of spl`,
      'spl gateway init --name <another>, or --replace to put the gateway in its place',
    )
  }
  const former = formerOwners.includes(deployed.owner)
  const everybodyStays = several || !deployed.several
  if (everybodyStays && (deployed.owner === owner || former)) {
    if (former) {
      const whose = several ? 'admin' : 'owner'
      note(`${name} gets this ${whose} instead of ${deployed.owner}, which this home was before`)
    } else note(`${name} is there already: this becomes its next version`)
    if (several && !deployed.several) {
      note(
        'it had one owner: that daemon too must join now, under a hostname that you invite it to',
      )
    }
    return
  }
  if (replace) return
  throw new CliError(
    'OWNER_DIFFERS',
    deployed.several
      ? `${name} serves several owners now, whose admin is ${deployed.owner}`
      : `${name} serves another daemon now: ${deployed.owner || 'none'}`,
    deployed.several
      ? 'spl gateway init --name <another>; or --replace if they are to lose their hostnames'
      : 'spl gateway init --name <another>; or --replace if that daemon is to lose its gateway',
  )
}
