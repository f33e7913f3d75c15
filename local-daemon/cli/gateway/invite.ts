import { createHash, randomBytes } from 'node:crypto'
import { Option, type Command } from 'commander'
import { JOIN_PATH, REGISTRY_PATH } from '../../../protocol/identity/registry-request.ts'
import { makeCode } from '../../../protocol/identity/signed-code.ts'
import { deliverSecret } from '../output/secret/deliver-secret.ts'
import { makeFor } from '../output/secret/make-for.ts'
import { OUT_HELP, secretSink, type SecretOptions } from '../output/secret/secret-sink.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { note, noteNext, printJson } from '../output/output.ts'
import { parseInviteTtl } from '../parse/invite-ttl.ts'
import type { GatewayInvite } from './registry/answers.ts'
import { inviteLink } from './registry/invite-link.ts'
import { parseHostnamePattern } from '../parse/hostname.ts'
import { registryOf, type RegistryOptions } from './registry/registry-of.ts'
import { addRegistryOptions } from './registry/registry-options.ts'
import { localTime } from '../output/local-time.ts'

interface GatewayInviteOptions extends RegistryOptions, SecretOptions {
  readonly hostname?: string
  /** Seconds. */
  readonly ttl: number
}

export function addGatewayInvite(gateway: Command): void {
  const invite = gateway
    .command('invite')
    .description('as admin: offer a hostname with a link')
    .option(
      '--hostname <name>',
      'one hostname, or *.spl.example.com to let them choose (default: *.<host of --url>)',
      parseHostnamePattern,
    )
    .addOption(
      new Option('--ttl <duration>', 'how long the invite is valid, such as 12h; at most 30d')
        .argParser(parseInviteTtl)
        .default(7 * 86_400, '7d'),
    )
    .option('--out <file>', OUT_HELP)
  addRegistryOptions(invite)
    .addHelpText(
      'after',
      examples(
        ['spl gateway invite --hostname alice.spl.example.com', 'only for alice'],
        [
          'spl gateway invite --url https://spl.example.com --ttl 1d',
          'any name of *.spl.example.com',
        ],
      ),
    )
    .action((_options: unknown, command: Command) =>
      makeInvite(optionsOf<GatewayInviteOptions>(command)),
    )
}

async function makeInvite(options: GatewayInviteOptions): Promise<void> {
  const hostname = options.hostname ?? belowUrl(options.url)
  const { client, identity, origin } = await registryOf(options)
  const sink = await secretSink(options, 'an invite')
  const nonce = randomBytes(16)
  const expires = Math.floor(Date.now() / 1000) + options.ttl
  const { sign } = identity
  const code = makeCode({ kind: 'gateway', path: JOIN_PATH, nonce, expires, sign })
  const invite = await makeFor(sink, () =>
    client.post<GatewayInvite>(`${REGISTRY_PATH}/invites`, {
      invite_id: createHash('sha256').update(nonce).digest('hex'),
      hostname,
      expires_at: expires,
    }),
  )
  await deliverSecret(sink, inviteLink(origin, code), {
    takeBack: () => client.delete(`${REGISTRY_PATH}/invites/${invite.invite_id}`),
    again: 'run the same command again; spl gateway list --invites shows the open ones',
  })
  if (options.json) return printJson(invite)
  const choice = hostname.startsWith('*.') ? ` --hostname <name>${hostname.slice(1)}` : ''
  const link = sink.place === null ? 'link above' : `link in ${sink.place}`
  note(`for ${hostname}, one use, until ${localTime(invite.expires_at)}`)
  note(`send them the ${link}, which is shown only now; they run:`)
  note(`  spl gateway join -${choice}`)
  noteNext('to cancel it', `spl gateway revoke ${invite.invite_id}`)
}

/** The names below the gateway's own, where that is said: the daemon's own gateway is a name among many. */
function belowUrl(url: URL | undefined): string {
  if (url !== undefined) return parseHostnamePattern(`*.${url.hostname}`)
  throw new CliError(
    'HOSTNAME_NEEDED',
    'an invite is for a hostname, and none is given',
    '--hostname alice.spl.example.com, or --hostname *.spl.example.com to let them choose',
    EXIT_CODE.usage,
  )
}
