import type { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { connectHome } from './connect-home.ts'
import { deployProject, type Deployment } from './project/deploy-project.ts'
import { ownersOfHome } from './owner-of-home.ts'
import { findProject, PROJECT_DIRECTORY } from './project/find-project.ts'
import { wildcardNeeds } from './project/wildcard-needs.ts'
import { homeOf, optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { note, noteNext, print, printJson } from '../output/output.ts'
import { fields } from '../output/table.ts'
import { shellWord } from '../../problem/shell-word.ts'
import { parseId } from '../parse/id.ts'

interface GatewayDeployOptions extends GlobalOptions {
  readonly dryRun?: boolean
  readonly replace?: boolean
  readonly connect?: boolean
}

export function addGatewayDeploy(gateway: Command): void {
  gateway
    .command('deploy')
    .description('deploy the project to Cloudflare with wrangler, or update it there')
    .argument('[dir]', 'directory of the project', parseId, PROJECT_DIRECTORY)
    .option('--dry-run', 'build it and show what would be uploaded; nothing is sent')
    .option('--replace', 'also replace a Worker that is not this gateway or has another owner')
    .option('--connect', 'then restart the daemon with it, and test it end to end')
    .addHelpText(
      'after',
      `${examples(
        ['spl gateway deploy --dry-run', 'look first'],
        ['CLOUDFLARE_API_TOKEN=… spl gateway deploy', 'with a token, for scripts'],
        ['spl gateway deploy --connect', 'and connect the daemon of this home'],
      )}

It does not ask: it shows what it will do, then does it. Credentials come from
CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID in the environment, or else from
the login of wrangler.
`,
    )
    .action((directory: string, _options: unknown, command: Command) =>
      deploy(directory, optionsOf<GatewayDeployOptions>(command)),
    )
}

async function deploy(directory: string, options: GatewayDeployOptions): Promise<void> {
  const { dryRun, replace, connect } = options
  if (connect) await checkConnects(directory)
  const owners = await ownersOfHome(homeOf(options))
  const done = await deployProject({
    directory,
    formerOwners: owners?.former ?? [],
    dryRun: dryRun === true,
    replace: replace === true,
  })
  const { owner, several } = done.project
  const [gateway] = done.hostnames
  const connected = connect && gateway ? await connectHome(homeOf(options), gateway) : undefined
  if (options.json) {
    printJson({
      object: 'gateway_deploy',
      dry_run: dryRun === true,
      directory: done.project.directory,
      name: done.project.name,
      owner: several ? null : owner,
      admin: several ? owner : null,
      hostnames: done.hostnames,
      version_id: done.versionId,
      bytes: done.bytes,
      connected: connected ?? null,
    })
  } else if (dryRun) print('nothing was deployed')
  else {
    print(
      fields([
        ['Gateway', gateway ?? 'deployed; the dashboard shows its hostname'],
        ...done.hostnames.slice(1).map((hostname) => ['', hostname] as const),
        ['Version', done.versionId ?? undefined],
        ['Connected', connected === undefined ? undefined : 'tested end to end'],
      ]),
    )
  }
  if (dryRun || connected || !gateway) return
  if (several) await noteInvite(done, gateway, owners?.did)
  else noteNext('next', `spl serve --stop, then spl serve --daemon --gateway ${gateway}`)
}

/**
 * A daemon connects under a hostname that is its own, and that it has by an invite.
 *
 * @throws CliError HOSTNAME_NEEDED, exit code 2; or as of findProject
 */
async function checkConnects(directory: string): Promise<void> {
  if (!(await findProject(directory)).several) return
  throw new CliError(
    'HOSTNAME_NEEDED',
    'a gateway with several owners needs an invite: a daemon connects under the hostname that it joined with',
    'run the same command without --connect, then spl gateway invite, and at the daemon: spl gateway join - --connect',
    EXIT_CODE.usage,
  )
}

/** What is left to do before the first owner can join. */
async function noteInvite(
  { project }: Deployment,
  gateway: string,
  home: string | undefined,
): Promise<void> {
  for (const need of await wildcardNeeds(project.routes)) note(need)
  const [, hostname] = project.routes.map((route) => route.hostname)
  const named = hostname === undefined ? '<hostname>' : shellWord(hostname)
  const call = `spl gateway invite --url ${gateway} --hostname ${named}`
  if (home === project.owner) noteNext('next', call)
  else note(`next, at the home of the admin: ${call}`)
}
