import { Option, type Command } from 'commander'
import { INVITE_PATH } from '../../../protocol/identity/signed-code.ts'
import type { Changed, Minted } from '../client/answers.ts'
import { deliverSecret } from '../output/secret/deliver-secret.ts'
import { makeFor } from '../output/secret/make-for.ts'
import { OUT_HELP, secretSink, type SecretOptions } from '../output/secret/secret-sink.ts'
import { originClient } from '../client/daemon-client.ts'
import { optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { askInstance, checkInvite, INSTANCE_LIMITS } from '../client/ask-instance.ts'
import { readCode } from '../parse/invite-code.ts'
import { note, noteNext, printJson, warn } from '../output/output.ts'
import { parseReach } from '../../../protocol/identity/reach.ts'
import { addReach, REACH_HELP } from '../parse/reach.ts'
import { parseOrigin } from '../parse/origin.ts'
import { fields } from '../output/table.ts'
import { reachText } from '../output/reach-text.ts'
import { localTime } from '../output/local-time.ts'
import { parseId } from '../parse/id.ts'

interface RedeemOptions extends SecretOptions {
  readonly url: URL
  readonly reach?: readonly string[]
}

interface Pairing extends Omit<Minted, 'object'>, Partial<Changed> {
  readonly object: 'pairing'
  readonly device: string
  readonly instance_did: string
}

export function addPairRedeem(pair: Command): void {
  pair
    .command('redeem')
    .description('exchange a one-time code for a bearer token, on the invited device')
    .argument('<code>', 'the invite, spi_…, or - for stdin', parseId)
    .requiredOption('--url <url>', 'address of the daemon', parseOrigin)
    .addOption(
      new Option('--save', 'save the bearer token in the home instead of printing it').conflicts(
        'out',
      ),
    )
    .option('--reach <place>', `${REACH_HELP} (default: all of the invite)`, addReach)
    .option('--out <file>', OUT_HELP)
    .addHelpText(
      'after',
      examples(
        ['spl pair redeem - --url https://spl.example.com --save', 'paste the code'],
        [
          'T=$(spl pair redeem spi_… --url https://spl.example.com)',
          'only the bearer token on stdout',
        ],
      ),
    )
    .action(async (text: string, _options: unknown, command: Command) =>
      redeem(await readCode(text), optionsOf<RedeemOptions>(command)),
    )
}

async function redeem(code: string, options: RedeemOptions): Promise<void> {
  const { url } = options
  const { did } = await askInstance(originClient(url, undefined, '--url', INSTANCE_LIMITS), url)
  await checkInvite(code, did, url)
  const client = originClient(url, code, '--url')
  const sink = await secretSink(options)
  const reach = options.reach && parseReach(options.reach)
  const pairing = await makeFor(sink, () => client.post<Pairing>(INVITE_PATH, { reach }))
  const { token, ...shown } = pairing
  await deliverSecret(sink, token, {
    takeBack: () => Promise.reject(new Error('the bearer token may not end itself')),
    again: `at home: spl service-account revoke ${shown.service_account_id}, then make a new invite; the code works once`,
  })
  if (options.json) return printJson(shown)
  note(
    fields([
      ['Device', shown.device],
      ['Account', shown.service_account_id],
      ['Scopes', shown.scopes.join(', ')],
      ['Reach', reachText(shown.reach)],
      ['Daemon', shown.instance_did],
      ['Expires', shown.expires_at === null ? 'never' : localTime(shown.expires_at)],
    ]).trimEnd(),
  )
  if (sink.place === null) note('The bearer token above is shown only now.')
  else note(`The bearer token is in ${sink.place}.`)
  if (!options.save) return
  noteNext('try', `SPL_SERVE_URL=${url.origin} spl thread list`)
  if (process.env['SPL_TOKEN']) warn('SPL_TOKEN is set and takes precedence over the file')
}
