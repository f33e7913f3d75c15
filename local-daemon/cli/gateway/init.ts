import { resolve } from 'node:path'
import { Option, type Command } from 'commander'
import { workerBundle } from '../../gateway/worker-bundle.ts'
import { ownerOfHome, ownersOfHome } from './owner-of-home.ts'
import { readProjectNote } from './project/project-note.ts'
import { checkSettings, type ProjectSettings } from './project/project-settings.ts'
import { PROJECT_DIRECTORY } from './project/find-project.ts'
import { writeProject } from './project/write-project.ts'
import { homeOf, optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { noteNext, print, printJson } from '../output/output.ts'
import { fields } from '../output/table.ts'
import { shellPath } from '../../problem/shell-word.ts'
import { parseId } from '../parse/id.ts'

interface GatewayInitOptions extends GlobalOptions {
  readonly name?: string
  readonly owner?: string
  readonly admin?: string
  readonly domain?: string
  readonly hostname?: readonly string[]
  readonly zone?: string
  readonly workersDev?: boolean
  readonly force?: boolean
}

export function addGatewayInit(gateway: Command): void {
  gateway
    .command('init')
    .description('write a project that can be deployed to Cloudflare')
    .argument('[dir]', 'directory of the project', parseId, PROJECT_DIRECTORY)
    .option('--name <name>', 'name of the Worker (default: spl-gateway)')
    .option('--owner <did:key>', 'daemon that may connect (default: the daemon of this home)')
    .addOption(
      new Option(
        '--admin <did:key>',
        'instead of --owner: the admin of several; self means this home',
      ).conflicts('owner'),
    )
    .option('--domain <hostname>', 'hostname of a domain in your Cloudflare account')
    .option('--hostname <name...>', 'with --admin: hostnames of the owners (default: *.<domain>)')
    .option(
      '--zone <domain>',
      'with --admin: the domain in your account (default: --domain without its first label)',
    )
    .option(
      '--workers-dev',
      'also answer at <name>.<account>.workers.dev; the default without --domain',
    )
    .option('--no-workers-dev', 'answer only at the domain')
    .option('--force', 'replace changed files; the old ones are kept as <name>.old')
    .addHelpText(
      'after',
      examples(
        ['spl gateway init', 'in ./spl-gateway, for https://spl-gateway.<account>.workers.dev'],
        ['spl gateway init --domain spl.example.com', 'at your own hostname'],
        [
          'spl gateway init ./peer --name peer --owner did:key:z6Mk…',
          'for a daemon on another machine',
        ],
        [
          'spl gateway init --admin self --domain spl.example.com',
          'for a team, with *.spl.example.com',
        ],
      ),
    )
    .action((directory: string, _options: unknown, command: Command) =>
      init(resolve(directory), optionsOf<GatewayInitOptions>(command)),
    )
}

/** Who was named before, or this home, also where it was named by an identity that it has no more. */
async function rememberedOwner(
  before: ProjectSettings | undefined,
  options: GlobalOptions,
): Promise<string> {
  const owners = await ownersOfHome(homeOf(options))
  if (before === undefined) return owners?.did ?? ownerOfHome(options)
  return owners?.former.includes(before.owner) ? owners.did : before.owner
}

async function whoseGateway(
  before: ProjectSettings | undefined,
  options: GatewayInitOptions,
): Promise<Pick<ProjectSettings, 'owner' | 'several'>> {
  const { owner, admin } = options
  if (admin === 'self') return { owner: await ownerOfHome(options), several: true }
  return {
    owner: admin ?? owner ?? (await rememberedOwner(before, options)),
    several: isOfSeveral(before, options),
  }
}

function isOfSeveral(
  before: ProjectSettings | undefined,
  { owner, admin }: GatewayInitOptions,
): boolean {
  return admin !== undefined || (owner === undefined && before?.several === true)
}

/** Those of the owners belong to the domain: another domain has others. */
function hostnamesOf(
  domain: string | null,
  before: ProjectSettings | undefined,
  options: GatewayInitOptions,
): Pick<ProjectSettings, 'hostnames' | 'zone'> {
  const hostnames = options.hostname?.map((name) => name.toLowerCase())
  const zone = options.zone?.toLowerCase()
  if (domain === null || !isOfSeveral(before, options)) {
    return { hostnames: hostnames ?? [], zone: zone ?? null }
  }
  const same = before?.several && before.domain === domain ? before : undefined
  return {
    hostnames: hostnames ?? same?.hostnames ?? [`*.${domain}`],
    zone: zone ?? same?.zone ?? domain.replace(/^[^.]+\.(?=[^.]+\.)/u, ''),
  }
}

/** What was chosen before holds until it is chosen anew, so that calling it again changes nothing. */
async function init(directory: string, options: GatewayInitOptions): Promise<void> {
  const before = (await readProjectNote(directory))?.settings
  const domain = options.domain?.toLowerCase() ?? before?.domain ?? null
  const chosen = options.domain === undefined ? before?.workersDev : undefined
  const settings = checkSettings({
    name: options.name ?? before?.name ?? 'spl-gateway',
    ...(await whoseGateway(before, options)),
    domain,
    ...hostnamesOf(domain, before, options),
    workersDev: options.workersDev ?? chosen ?? domain === null,
  })
  const files = await writeProject(
    directory,
    settings,
    await workerBundle(),
    options.force ? 'replace' : 'refuse',
  )
  if (options.json) {
    const { name, owner, several, hostnames, zone, workersDev } = settings
    printJson({
      object: 'gateway_project',
      directory,
      name,
      owner: several ? null : owner,
      admin: several ? owner : null,
      domain,
      hostnames,
      zone,
      workers_dev: workersDev,
      files: Object.entries(files).map(([path, state]) => ({ path, state })),
    })
    return
  }
  print(
    fields([
      ['Project', directory],
      ['Worker', settings.name],
      ['Domain', domain ?? undefined],
      ['Hostnames', settings.hostnames.join(', ') || undefined],
      ['Zone', settings.zone ?? undefined],
      ['workers.dev', settings.workersDev ? 'yes' : 'no'],
      [settings.several ? 'Admin' : 'Owner', settings.owner],
      ...Object.entries(files).map(([path, state]) => [path, state] as const),
    ]),
  )
  noteNext('next', `spl gateway deploy ${shellPath(directory)} --dry-run, then without --dry-run`)
}
