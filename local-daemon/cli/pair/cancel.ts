import type { Command } from 'commander'
import { daemonClient } from '../client/daemon-client.ts'
import { optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { print, printJson } from '../output/output.ts'
import { wholeInvite } from '../client/whole-id.ts'
import { parseId } from '../parse/id.ts'

export function addPairCancel(pair: Command): void {
  pair
    .command('cancel')
    .description('cancel an invite that was not redeemed')
    .argument(
      '<invite>',
      'id of the invite, or its beginning, as spl pair invites shows it',
      parseId,
    )
    .addHelpText('after', examples(['spl pair cancel 5561e3c2a810', 'its code becomes invalid']))
    .action(async (id: string, _options: unknown, command: Command) => {
      const options = optionsOf(command)
      const client = await daemonClient(options)
      const path = `/v1/invites/${encodeURIComponent(await wholeInvite(client, id))}`
      const invite = await client.delete<{ device: string }>(path)
      if (options.json) printJson(invite)
      else print(`cancelled the invite for ${invite.device}`)
    })
}
