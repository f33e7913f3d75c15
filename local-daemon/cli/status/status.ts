import type { Command } from 'commander'
import { destinationOf } from '../client/destination.ts'
import { optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { showStatus } from './show-status.ts'

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('show whether the daemon runs, its address and its identity')
    .addHelpText(
      'after',
      examples(
        ['spl status', 'the daemon of your home; exit code 0 or 3'],
        ['spl status --json | jq -r .instance_did', 'the did:key that the gateway needs'],
        [
          'SPL_SERVE_URL=https://spl.example.com spl status',
          'a daemon on another machine, with SPL_TOKEN',
        ],
      ),
    )
    .action((_options: unknown, command: Command) =>
      showStatus(optionsOf(command), destinationOf(optionsOf(command))),
    )
}
