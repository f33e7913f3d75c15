import type { Command } from 'commander'
import { daemonClient } from '../daemon-client.ts'
import { optionsOf } from '../global-options.ts'
import { examples } from '../help-examples.ts'
import { print, printJson } from '../output.ts'

export function addPairCancel(pair: Command): void {
  pair
    .command('cancel')
    .description('take back an invite that was not redeemed')
    .argument('<invite>', 'id of the invite, as spl pair invites shows it')
    .addHelpText(
      'after',
      examples(['spl pair cancel 5561e3c2…', 'its code is worth nothing any more']),
    )
    .action(async (id: string, _options: unknown, command: Command) => {
      const options = optionsOf(command)
      const client = await daemonClient(options)
      const path = `/v1/invites/${encodeURIComponent(id)}`
      const invite = await client.delete<{ device: string }>(path)
      if (options.json) printJson(invite)
      else print(`cancelled the invite for ${invite.device}`)
    })
}
