import type { Command } from 'commander'
import type { Changed, Minted } from '../client/answers.ts'
import { deliverSecret } from '../output/secret/deliver-secret.ts'
import { makeFor } from '../output/secret/make-for.ts'
import { OUT_HELP, secretSink, type SecretOptions } from '../output/secret/secret-sink.ts'
import { showMinted } from './show-minted.ts'
import { daemonClient } from '../client/daemon-client.ts'
import { optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { note } from '../output/output.ts'
import { newReach } from '../client/warn-of-reach.ts'
import { addReach, REACH_HELP } from '../parse/reach.ts'
import { parseDuration } from '../parse/duration.ts'
import { shortId } from '../output/short-id.ts'
import { wholeAccount } from '../client/whole-id.ts'
import { parseId } from '../parse/id.ts'

interface RotateOptions extends SecretOptions {
  /** Seconds. */
  readonly ttl?: number
  readonly reach?: readonly string[]
  readonly force?: boolean
}

type Rotated = Minted & Changed & { readonly revoked: readonly string[] }

export function addTokenRotate(token: Command): void {
  token
    .command('rotate')
    .description('create a new bearer token for a service account, then revoke all others')
    .argument('<sa>', 'id of the account, or its beginning', parseId)
    .option(
      '--ttl <duration>',
      'how long it is valid: 90s, 15m, 12h or 30d (default: as long as those that it replaces)',
      parseDuration,
    )
    .option('--reach <place>', `${REACH_HELP} (default: as they did)`, addReach)
    .option('--force', 'even if no admin token is then valid for more than a day')
    .option('--out <file>', OUT_HELP)
    .addHelpText(
      'after',
      examples(
        ['T=$(spl token rotate sa_…)', 'only the new bearer token is on stdout'],
        ['spl token rotate sa_… | spl token save -', 'save it for this command line'],
        ['spl token rotate sa_… --out ci.token --json', 'for scripts'],
      ),
    )
    .action(async (id: string, _options: unknown, command: Command) => {
      const options = optionsOf<RotateOptions>(command)
      const client = await daemonClient(options)
      const sink = await secretSink(options)
      const made = await makeFor(sink, async () => {
        const account = await wholeAccount(client, id)
        const path = `/v1/service-accounts/${encodeURIComponent(account)}/rotate`
        const { ttl, force, reach } = options
        const body = { ttl_seconds: ttl, force, reach: await newReach(client, reach) }
        return client.post<Rotated>(path, body)
      })
      await deliverSecret(sink, made.token, {
        takeBack: () => client.delete(`/v1/tokens/${made.token_id}?force=true`),
        again: `the others are revoked; on the daemon's machine: spl token create --sa ${made.service_account_id}`,
      })
      showMinted(made, sink, options)
      if (options.json) return
      for (const revoked of made.revoked) note(`revoked ${shortId(revoked)}`)
    })
}
