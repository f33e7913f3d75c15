import type { Command } from 'commander'
import type { Changed, Minted } from '../client/answers.ts'
import { deliverSecret } from '../output/secret/deliver-secret.ts'
import { makeFor } from '../output/secret/make-for.ts'
import { OUT_HELP, secretSink, type SecretOptions } from '../output/secret/secret-sink.ts'
import { showMinted } from './show-minted.ts'
import { daemonClient } from '../client/daemon-client.ts'
import { optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { newReach } from '../client/warn-of-reach.ts'
import { addReach, REACH_HELP } from '../parse/reach.ts'
import { parseDuration } from '../parse/duration.ts'
import { wholeAccount } from '../client/whole-id.ts'
import { parseId } from '../parse/id.ts'

interface CreateOptions extends SecretOptions {
  readonly sa: string
  readonly reach?: readonly string[]
  /** Seconds. */
  readonly ttl?: number
}

export function addTokenCreate(token: Command): void {
  token
    .command('create')
    .description('create a bearer token for a service account; it is shown only once')
    .requiredOption('--sa <id>', 'service account, or the beginning of its id', parseId)
    .option(
      '--ttl <duration>',
      'how long it is valid: 90s, 15m, 12h or 30d (default: no limit)',
      parseDuration,
    )
    .option('--reach <place>', `${REACH_HELP} (default: as its account)`, addReach)
    .option('--out <file>', OUT_HELP)
    .addHelpText(
      'after',
      examples(
        ['T=$(spl token create --sa sa_… --ttl 30d)', 'only the bearer token is on stdout'],
        ['spl token create --sa sa_… --out ci.token --json', 'for scripts'],
      ),
    )
    .action(async (_options: unknown, command: Command) => {
      const options = optionsOf<CreateOptions>(command)
      const client = await daemonClient(options)
      const sink = await secretSink(options)
      const made = await makeFor(sink, async () => {
        const account = await wholeAccount(client, options.sa)
        const reach = await newReach(client, options.reach)
        const body = { service_account_id: account, ttl_seconds: options.ttl, reach }
        return client.post<Minted & Changed>('/v1/tokens', body)
      })
      await deliverSecret(sink, made.token, {
        takeBack: () => client.delete(`/v1/tokens/${made.token_id}?force=true`),
        again: `run the same command again, or with --out <file>; spl token list --sa ${made.service_account_id} lists the tokens`,
      })
      showMinted(made, sink, options)
    })
}
