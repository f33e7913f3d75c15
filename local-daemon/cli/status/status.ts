import type { Command } from 'commander'
import { destinationOf } from '../client/destination.ts'
import { optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { showStatus } from './show-status.ts'

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('show the daemon: running or not, address, identity')
    .addHelpText(
      'after',
      examples(
        ['spl status', 'the daemon of your home; exit code 0 or 3'],
        ['spl status --json | jq -r .instance_did', 'the did:key that the gateway must be told'],
        ['SPL_SERVE_URL=https://spl.example.com spl status', 'one elsewhere, with SPL_TOKEN'],
      ),
    )
    .action((_options: unknown, command: Command) =>
      showStatus(optionsOf(command), destinationOf(optionsOf(command))),
    )
}
