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

interface GatewayDeployOptions extends GlobalOptions {
  readonly dryRun?: boolean
  readonly replace?: boolean
  readonly connect?: boolean
}

export function addGatewayDeploy(gateway: Command): void {
  gateway
    .command('deploy')
    .description('bring the project to Cloudflare with wrangler, or a newer version over an older')
    .argument('[dir]', 'directory of the project', PROJECT_DIRECTORY)
    .option('--dry-run', 'build it and show what would be uploaded; nothing leaves this machine')
    .option('--replace', 'also over a Worker that is another one, or has another owner')
    .option('--connect', 'then start the daemon of the home again with it, and prove it end to end')
    .addHelpText(
      'after',
      `${examples(
        ['spl gateway deploy --dry-run', 'look first'],
        ['CLOUDFLARE_API_TOKEN=… spl gateway deploy', 'with a token, for scripts'],
        ['spl gateway deploy --connect', 'and connect the daemon of this home'],
      )}

It asks nothing: it shows what it will do, and does it.
CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID are taken from the environment,
else the login of wrangler.
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
        ['Connected', connected === undefined ? undefined : 'tried end to end'],
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
    'on a gateway of several owners a daemon connects under a hostname that it has joined with',
    'the same without --connect, then spl gateway invite, and at the daemon: spl gateway join - --connect',
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
