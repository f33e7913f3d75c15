import { Option, type Command } from 'commander'
import type { Scope } from '../../../protocol/identity/scopes.ts'
import type { Account, Changed, Minted } from '../client/answers.ts'
import { gatewayText } from '../output/gateway-text.ts'
import { deliverSecret, type Loss } from '../output/secret/deliver-secret.ts'
import { makeFor } from '../output/secret/make-for.ts'
import {
  OUT_HELP,
  secretSink,
  type SecretOptions,
  type SecretSink,
} from '../output/secret/secret-sink.ts'
import { CliError } from '../cli-error.ts'
import { daemonClient, type DaemonClient } from '../client/daemon-client.ts'
import { homeOf, optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { note, noteNext, printJson, warn } from '../output/output.ts'
import { newReach } from '../client/warn-of-reach.ts'
import { defaultScopes } from './default-scopes.ts'
import type { PairPayload } from './pair-payload.ts'
import { parsePage } from '../parse/page.ts'
import { probeUrl } from './probe-url.ts'
import { showPairing } from './show-pairing.ts'
import { parseDuration } from '../parse/duration.ts'
import { parseList } from '../parse/list.ts'
import { parseOrigin } from '../parse/origin.ts'
import type { Reach } from '../../../protocol/identity/reach.ts'
import { addReach, REACH_HELP } from '../parse/reach.ts'
import { grantText } from '../output/reach-text.ts'
import { parseScopes } from '../parse/scopes.ts'
import type { Health } from '../client/presence.ts'
import { readRunningFile } from '../client/running-file.ts'
import { localTime } from '../output/local-time.ts'
import { parseId } from '../parse/id.ts'

interface PairOptions extends SecretOptions {
  readonly device: string
  readonly url: URL
  readonly scopes?: readonly Scope[]
  readonly reach?: readonly string[]
  readonly actors?: readonly string[]
  readonly namespace?: string
  readonly envTag?: string
  /** Seconds that the bearer lives. */
  readonly ttl?: number
  readonly qr: boolean
  readonly page: string
  readonly invite?: boolean
  /** Seconds that the invite lives. */
  readonly inviteTtl: number
}

const USAGE = 'spl pair [options]\n       spl pair <command>'
/** The page that opens a pairing link. */
const PAGE = 'https://syncropel.com/pair'

export function addPairDevice(pair: Command): void {
  const device = pair.command('device', { isDefault: true, hidden: true })
  device
    .description('give a phone or browser its own account: link, QR code, text')
    .configureHelp({
      ...device.configureHelp(),
      commandUsage: () => USAGE,
      visibleCommands: () => pair.createHelp().visibleCommands(pair),
    })
    .requiredOption('--device <label>', 'name of the device', parseId)
    .requiredOption('--url <url>', 'address at which the device reaches the daemon', parseOrigin)
    .option('--scopes <csv>', 'what it may do (default: by the label, see below)', parseScopes)
    .option('--reach <place>', REACH_HELP, addReach)
    .option('--actors <csv>', 'DIDs it may write as', parseList)
    .option('--namespace <name>', 'namespace (default: default)')
    .option('--env-tag <tag>', 'tag in its bearer token (default: prod)')
    .option(
      '--ttl <duration>',
      'how long the bearer token is valid (default: no limit)',
      parseDuration,
    )
    .option('--no-qr', 'print only {"url","token","device"}')
    .option('--page <url>', 'page that the link opens', parsePage, PAGE)
    .addOption(
      new Option('--invite', 'a one-time code instead of a bearer token').conflicts(['ttl']),
    )
    .addOption(
      new Option('--invite-ttl <duration>', 'how long the code is valid')
        .argParser(parseDuration)
        .default(15 * 60, '15m')
        .implies({ invite: true }),
    )
    .option('--out <file>', OUT_HELP)
    .addHelpText(
      'after',
      '\nScopes by label:\n  browser-…  admin\n  viewer-…   records:read\n  else       records:read,records:write',
    )
    .addHelpText(
      'after',
      examples(
        ['spl pair --device phone --url https://spl.example.com', 'link, QR code, text'],
        ['spl pair --device phone --url https://spl.example.com --invite', 'a one-time code'],
        ['spl pair --device viewer-hall --url https://spl.example.com --no-qr', 'one line of JSON'],
      ),
    )
    .action((_options: unknown, command: Command) => runPair(optionsOf<PairOptions>(command)))
}

async function runPair(options: PairOptions): Promise<void> {
  const { device, url } = options
  const client = await daemonClient(options)
  const sink = await secretSink(options, options.invite ? 'an invite' : undefined)
  const work = { client, device, url: url.origin, sink, options }
  await makeFor(sink, () => warnAbout(url, client, options))
  if (options.invite) await invite(work)
  else await pairWithBearer(work)
}

interface Work {
  readonly client: DaemonClient
  readonly device: string
  readonly url: string
  readonly sink: SecretSink
  readonly options: PairOptions
}

async function pairWithBearer(work: Work): Promise<void> {
  const { client, device, url, sink, options } = work
  const { account, token } = await makeFor(sink, async () => {
    const body = { ...(await requestOf(work)), with_token: true, ttl_seconds: options.ttl }
    const { minted, ...account } = await client.post<
      Account & Changed & { readonly minted: Minted | null }
    >('/v1/service-accounts', { name: device, ...body })
    if (minted === null) throw noBearer(account.id)
    const { token, ...about } = minted
    return { account: { ...account, minted: about }, token }
  })
  await deliver(
    work,
    { url, token, device },
    {
      takeBack: () => client.delete(`/v1/service-accounts/${account.id}?force=true`),
      again: 'run the same command again; the account that was made for it is revoked',
    },
  )
  if (options.json) return printJson({ object: 'pairing', url, device, account })
  const edge = gatewayText(account.edge)
  note(`account ${account.id}, scopes ${grantText(account.scopes, account.reach)}`)
  if (edge !== undefined) note(`gateway: ${edge}`)
  noteNext('to revoke it', `spl service-account revoke ${account.id}`)
}

async function invite(work: Work): Promise<void> {
  const { client, device, url, sink, options } = work
  const { code, ...made } = await makeFor(sink, async () =>
    client.post<Invite>('/v1/invites', {
      device,
      ...(await requestOf(work)),
      ttl_seconds: options.inviteTtl,
    }),
  )
  await deliver(
    work,
    { url, invite: code, device },
    {
      takeBack: () => client.delete(`/v1/invites/${made.invite_id}`),
      again: 'run the same command again; spl pair invites lists the invites',
    },
  )
  if (options.json) return printJson({ ...made, url })
  const edge = gatewayText(made.edge)
  note(`scopes ${grantText(made.scopes, made.reach)}`)
  if (edge !== undefined) note(`gateway: ${edge}`)
  note(
    `the invite can be used once, until ${localTime(made.expires_at)}; on the device, run this and paste it:`,
  )
  note(`  spl login ${url}`)
}

interface Invite extends Changed {
  readonly object: 'invite'
  readonly invite_id: string
  /** `spi_…`: a secret until it is redeemed. */
  readonly code: string
  readonly device: string
  readonly scopes: readonly string[]
  readonly reach?: Reach | null
  /** Unix time, seconds. */
  readonly expires_at: number
}

async function requestOf({ client, device, options }: Work): Promise<object> {
  return {
    scopes: options.scopes ?? defaultScopes(device, options.reach !== undefined),
    reach: await newReach(client, options.reach),
    actors: options.actors,
    namespace: options.namespace,
    env: options.envTag,
  }
}

/** A file takes what `--no-qr` prints: all that the device needs. */
async function deliver({ sink, options }: Work, payload: PairPayload, loss: Loss): Promise<void> {
  if (sink.place === null && options.qr) {
    const shown = { place: null, deliver: () => showPairing(options.page, payload) }
    return deliverSecret(shown, '', loss)
  }
  await deliverSecret(sink, JSON.stringify(payload), loss)
  if (sink.place !== null && !options.json) note(`the pairing is in ${sink.place}`)
}

/** Looks at the address before the device does. Nothing found is a reason not to pair: the tunnel may come later. */
async function warnAbout(url: URL, client: DaemonClient, options: PairOptions): Promise<void> {
  const { instance_did: expected = '' } = await client.get<Health>('/health')
  const facts = readRunningFile(homeOf(options))
  const cacert = facts?.gateway === url.origin ? facts.gateway_ca : null
  for (const warning of await probeUrl({ url, cacert, expected })) warn(warning)
}

function noBearer(account: string): CliError {
  return new CliError(
    'ANSWER_INVALID',
    `the daemon created the account ${account} without a bearer token`,
    `spl service-account revoke ${account}, then try again with the newest spl`,
  )
}
