import type { Command } from 'commander'
import { daemonClient } from '../client/daemon-client.ts'
import { optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { noteNext, print, printJson } from '../output/output.ts'
import { fields } from '../output/table.ts'
import { type Link, linkRows } from './link-rows.ts'

export function addTunnelStatus(tunnel: Command): void {
  tunnel
    .command('status')
    .description('show the link to the gateway as the daemon sees it')
    .addHelpText(
      'after',
      examples(
        ['spl tunnel status', 'state, round trip, traffic, policy'],
        ['spl tunnel status --json | jq .round_trip_ms', 'for scripts; null if not yet known'],
        ['spl status', 'test the public hostname end to end'],
      ),
    )
    .action(async (_options: unknown, command: Command) => {
      const options = optionsOf(command)
      const link = await (await daemonClient(options)).get<Link>('/v1/tunnel')
      if (options.json) return printJson(link)
      print(fields(linkRows(link)))
      if (!link.configured) noteNext('try', 'spl serve --gateway https://spl.example.com')
    })
}
