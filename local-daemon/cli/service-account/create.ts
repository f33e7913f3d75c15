import { Option, type Command } from 'commander'
import { accountFields } from '../output/account-fields.ts'
import type { Account, Changed, Minted } from '../client/answers.ts'
import { deliverSecret } from '../output/secret/deliver-secret.ts'
import { makeFor } from '../output/secret/make-for.ts'
import { OUT_HELP, secretSink, type SecretOptions } from '../output/secret/secret-sink.ts'
import { CliError } from '../cli-error.ts'
import { type DaemonClient, daemonClient } from '../client/daemon-client.ts'
import { optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { note, noteNext, print, printJson } from '../output/output.ts'
import { parseDuration } from '../parse/duration.ts'
import { parseList } from '../parse/list.ts'
import { newReach } from '../client/warn-of-reach.ts'
import { addReach, REACH_HELP } from '../parse/reach.ts'
import { parseScopes } from '../parse/scopes.ts'
import { parseId } from '../parse/id.ts'

interface CreateOptions extends SecretOptions {
  readonly name: string
  readonly scopes?: readonly string[]
  readonly reach?: readonly string[]
  readonly actors?: readonly string[]
  readonly namespace?: string
  readonly envTag?: string
  readonly withToken?: boolean
  /** Seconds. */
  readonly ttl?: number
  readonly bootstrap?: boolean
}

type Created = Account & Changed & { readonly minted: Minted | null }

export function addServiceAccountCreate(account: Command): void {
  account
    .command('create')
    .description('create a service account')
    .requiredOption('--name <label>', 'name of the account', parseId)
    .option('--scopes <csv>', 'what it may do (default: records:read,records:write)', parseScopes)
    .option('--reach <place>', REACH_HELP, addReach)
    .option('--actors <csv>', 'DIDs it may write as', parseList)
    .option('--namespace <name>', 'namespace (default: default)')
    .option('--env-tag <tag>', 'tag in its bearer tokens (default: prod)')
    .option('--with-token', 'also create its first bearer token')
    .addOption(
      new Option(
        '--ttl <duration>',
        'how long the bearer token is valid, such as 15m or 30d (default: no limit)',
      )
        .argParser(parseDuration)
        .implies({ withToken: true }),
    )
    .addOption(
      new Option(
        '--bootstrap',
        'the first admin account of a store, with its bearer token',
      ).conflicts(['scopes', 'reach', 'actors', 'namespace', 'envTag', 'ttl']),
    )
    .addOption(new Option('--out <file>', OUT_HELP).implies({ withToken: true }))
    .addHelpText(
      'after',
      examples(
        [
          'spl service-account create --name laptop',
          'may read and write records; no bearer token yet',
        ],
        [
          'T=$(spl service-account create --name ci --with-token --ttl 30d)',
          'only the bearer token',
        ],
        ['spl service-account create --name ops --reach team/ops', 'only there'],
        [
          'spl service-account create --name bot --actors did:sync:agent:bot --with-token --out bot.token --json',
          'for scripts',
        ],
      ),
    )
    .action((_options: unknown, command: Command) => create(optionsOf<CreateOptions>(command)))
}

async function create(options: CreateOptions): Promise<void> {
  if (!options.withToken && !options.bootstrap) return createBare(options)
  const client = await daemonClient(options)
  const sink = await secretSink(options)
  const { created, token } = await makeFor(sink, async () => {
    const created = await (options.bootstrap
      ? client.post<Created>('/v1/bootstrap/service-account', { name: options.name })
      : client.post<Created>('/v1/service-accounts', {
          ...(await bodyOf(client, options)),
          with_token: true,
        }))
    return { created, token: created.minted?.token ?? noToken() }
  })
  await deliverSecret(sink, token, {
    takeBack: () => client.delete(`/v1/tokens/${created.minted?.token_id}?force=true`),
    again: `the account exists; on the daemon's machine: spl token create --sa ${created.id}`,
  })
  if (options.json) return printJson(withoutSecret(created))
  note(accountFields(created, created.edge).trimEnd())
  note(
    sink.place === null
      ? 'The bearer token above is shown only now.'
      : `The bearer token is in ${sink.place}.`,
  )
}

async function createBare(options: CreateOptions): Promise<void> {
  const client = await daemonClient(options)
  const created = await client.post<Created>('/v1/service-accounts', await bodyOf(client, options))
  if (options.json) return printJson(withoutSecret(created))
  print(accountFields(created, created.edge))
  noteNext('it has no bearer token yet', `spl token create --sa ${created.id}`)
}

async function bodyOf(client: DaemonClient, options: CreateOptions): Promise<object> {
  return {
    name: options.name,
    scopes: options.scopes,
    reach: await newReach(client, options.reach),
    actors: options.actors,
    namespace: options.namespace,
    env: options.envTag,
    ttl_seconds: options.ttl,
  }
}

function withoutSecret(created: Created): object {
  if (created.minted === null) return created
  const { token: _secret, ...minted } = created.minted
  return { ...created, minted }
}

function noToken(): never {
  throw new CliError(
    'ANSWER_INVALID',
    'the daemon created the account without a bearer token',
    'spl service-account list, then spl token create --sa <id>',
  )
}
