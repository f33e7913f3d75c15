import { resolve } from 'node:path'
import type { Command } from 'commander'
import { workerBundle } from '../../gateway/worker-bundle.ts'
import { ownersOfHome } from '../gateway/former-owners.ts'
import { ownerOfHome } from '../gateway/owner-of-home.ts'
import { readProjectNote } from '../gateway/project-note.ts'
import { checkSettings, type ProjectSettings } from '../gateway/project-settings.ts'
import { PROJECT_DIRECTORY } from '../gateway/find-project.ts'
import { writeProject } from '../gateway/write-project.ts'
import { homeOf, optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help-examples.ts'
import { note, print, printJson } from '../output.ts'
import { fields } from '../table.ts'

interface GatewayInitOptions extends GlobalOptions {
  readonly name?: string
  readonly owner?: string
  readonly domain?: string
  readonly workersDev?: boolean
  readonly force?: boolean
}

export function addGatewayInit(gateway: Command): void {
  gateway
    .command('init')
    .description('write a project that can be deployed to Cloudflare')
    .argument('[dir]', 'directory of the project', PROJECT_DIRECTORY)
    .option('--name <name>', 'name of the Worker (default: spl-gateway)')
    .option('--owner <did:key>', 'daemon that may connect (default: the one of the home)')
    .option('--domain <hostname>', 'hostname of a domain in your Cloudflare account')
    .option(
      '--workers-dev',
      'also answer at <name>.<account>.workers.dev; the default without --domain',
    )
    .option('--no-workers-dev', 'answer at the domain alone')
    .option('--force', 'replace files that were changed; they are kept as <name>.old')
    .addHelpText(
      'after',
      examples(
        ['spl gateway init', 'in ./spl-gateway, for https://spl-gateway.<account>.workers.dev'],
        ['spl gateway init --domain spl.example.com', 'under a hostname of your own'],
        ['spl gateway init ./team --name team --owner did:key:z6Mk…', 'for a daemon elsewhere'],
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

/** What was chosen before holds until it is chosen anew, so that calling it again changes nothing. */
async function init(directory: string, options: GatewayInitOptions): Promise<void> {
  const before = (await readProjectNote(directory))?.settings
  const domain = options.domain?.toLowerCase() ?? before?.domain ?? null
  const chosen = options.domain === undefined ? before?.workersDev : undefined
  const settings = checkSettings({
    name: options.name ?? before?.name ?? 'spl-gateway',
    owner: options.owner ?? (await rememberedOwner(before, options)),
    domain,
    workersDev: options.workersDev ?? chosen ?? domain === null,
  })
  const files = await writeProject(
    directory,
    settings,
    await workerBundle(),
    options.force ? 'replace' : 'refuse',
  )
  if (options.json) {
    const { name, owner, workersDev } = settings
    printJson({
      object: 'gateway_project',
      directory,
      name,
      owner,
      domain,
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
      ['workers.dev', settings.workersDev ? 'yes' : 'no'],
      ['Owner', settings.owner],
      ...Object.entries(files).map(([path, state]) => [path, state] as const),
    ]),
  )
  note(`next: spl gateway deploy ${directory} --dry-run, then without --dry-run`)
}
