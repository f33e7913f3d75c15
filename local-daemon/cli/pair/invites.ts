import type { Command } from 'commander'
import type { z } from 'zod'
import type { ListedInvite } from '../../http/schemas/access-schemas.ts'
import { collectPages } from '../client/collect-pages.ts'
import { parseLimit } from '../parse/limit.ts'
import { daemonClient } from '../client/daemon-client.ts'
import { optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { note, noteNext, print, printJson } from '../output/output.ts'
import { grantText } from '../output/reach-text.ts'
import { shortId } from '../output/short-id.ts'
import { table } from '../output/table.ts'
import { shortTime } from '../output/local-time.ts'

type Invite = z.infer<typeof ListedInvite>

interface InvitesOptions extends GlobalOptions {
  readonly limit: number
}

export function addPairInvites(pair: Command): void {
  pair
    .command('invites')
    .description('list invites, including redeemed and cancelled ones')
    .option('--limit <n>', 'maximum number of invites', parseLimit, 100)
    .addHelpText(
      'after',
      examples(
        ['spl pair invites', 'a table'],
        ["spl pair invites --json | jq -r '.data[].invite_id'", 'whole ids for scripts'],
      ),
    )
    .action(async (_options: unknown, command: Command) => {
      const options = optionsOf<InvitesOptions>(command)
      const client = await daemonClient(options)
      const list = await collectPages<Invite>(client, '/v1/invites', options.limit)
      if (options.json) return printJson(list)
      if (list.data.length === 0)
        return noteNext('no invites', 'spl pair --device <label> --url <url> --invite')
      const rows = list.data.map((invite) => [
        shortId(invite.invite_id),
        invite.device,
        stateOf(invite, Date.now()),
        shortTime(invite.expires_at),
        grantText(invite.scopes, invite.reach),
      ])
      print(table(['INVITE', 'DEVICE', 'STATE', 'EXPIRES', 'SCOPES'], rows))
      if (list.has_more) note(`more exist: --limit ${options.limit * 10}`)
    })
}

function stateOf(invite: Invite, now: number): string {
  if (invite.redeemed_at !== null) return 'redeemed'
  if (invite.revoked_at !== null) return 'cancelled'
  return now >= invite.expires_at * 1000 ? 'expired' : 'open'
}
