import type { Command } from 'commander'
import { PROJECT_DIRECTORY } from './project/find-project.ts'
import { removeSelfHosted } from './self-hosted/remove-storage.ts'
import { removeWorker } from './project/remove-worker.ts'
import { homeOf, optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { print, printJson } from '../output/output.ts'
import { parseId } from '../parse/id.ts'

interface GatewayRemoveOptions extends GlobalOptions {
  readonly yes?: boolean
  readonly selfHosted?: boolean
  readonly storage?: string
}

export function addGatewayRemove(gateway: Command): void {
  gateway
    .command('remove')
    .description('remove the gateway from Cloudflare or from this machine')
    .argument('[dir]', 'directory of the project', parseId, PROJECT_DIRECTORY)
    .option('--self-hosted', 'remove the one on this machine: its service and storage directory')
    .option('--storage <dir>', 'with --self-hosted: the directory (default: gateway/ in the home)')
    .option('--yes', 'do not ask for the name')
    .addHelpText(
      'after',
      examples(
        ['spl gateway remove', 'asks for the name of the Worker first'],
        ['spl gateway remove --yes', 'for scripts'],
        ['spl gateway remove --self-hosted', 'what spl gateway serve keeps here'],
      ),
    )
    .action((directory: string, _options: unknown, command: Command) =>
      remove(directory, optionsOf<GatewayRemoveOptions>(command)),
    )
}

async function remove(directory: string, options: GatewayRemoveOptions): Promise<void> {
  const home = homeOf(options)
  const yes = options.yes === true
  if (options.selfHosted) {
    const removed = await removeSelfHosted(options.storage ?? home.gateway, yes)
    if (options.json) printJson({ object: 'gateway_removal', ...removed })
    else print(`removed ${removed.directory}${removed.service ? ' and the service' : ''}`)
    return
  }
  const { name, disconnected } = await removeWorker(directory, home, yes)
  if (options.json) printJson({ object: 'gateway_removal', name, disconnected })
  else print(`removed ${name}${disconnected ? ', and the daemon runs without a gateway' : ''}`)
}
