import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import type { Command } from 'commander'
import { INVITE_PATH } from '../../../protocol/identity/signed-code.ts'
import { readBearer } from '../client/read-bearer.ts'
import type { Minted } from '../client/answers.ts'
import { CliError } from '../cli-error.ts'
import { readCa } from '../client/read-ca.ts'
import { originClient } from '../client/daemon-client.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { homeOf, optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { askInstance, checkInvite, INSTANCE_LIMITS } from '../client/ask-instance.ts'
import { checkWay } from './check-way.ts'
import { loginFile, readLogin, writeLogin, type Login } from '../client/login-file.ts'
import { readCode } from '../parse/invite-code.ts'
import { note, print, printJson, warn } from '../output/output.ts'
import { parseReach } from '../../../protocol/identity/reach.ts'
import { addReach, REACH_HELP } from '../parse/reach.ts'
import { parseOrigin } from '../parse/origin.ts'
import { fields } from '../output/table.ts'
import { reachText } from '../output/reach-text.ts'
import { localTime } from '../output/local-time.ts'
import type { Home } from '../../home/home.ts'
import { parseId } from '../parse/id.ts'

interface LoginOptions extends GlobalOptions {
  readonly code?: string
  readonly did?: string
  readonly ca?: string
  readonly reach?: readonly string[]
}

interface Pairing extends Omit<Minted, 'object'> {
  readonly device: string
  readonly instance_did: string
}

/** Milliseconds and bytes of the answer to the code: the gateway may have to wake the daemon's link. */
const PATIENCE = { withinMs: 30_000, answerBytes: 64 * 1024 }

export function addLogin(program: Command): void {
  program
    .command('login')
    .description('pair this machine with a daemon on another one, with a one-time code')
    .argument('<url>', 'address of the daemon: gateway, proxy or tailnet', parseOrigin)
    .option('--code <code>', 'the invite, spi_…, or - for stdin (default: asks for it)')
    .option('--did <did:key>', 'the identity to expect, as spl status shows it at home', parseId)
    .option('--ca <file>', 'PEM file of a self-signed certificate; saved, and the only one trusted')
    .option('--reach <place>', `${REACH_HELP} (default: all of the invite)`, addReach)
    .addHelpText(
      'after',
      '\nAt home, spl pair --invite --device laptop --url <url> makes the code.\n' +
        'After the login, commands go to that daemon without SPL_SERVE_URL, unless this\n' +
        'home has its own daemon.',
    )
    .addHelpText(
      'after',
      examples(
        ['spl login https://spl.example.com', 'asks for the code'],
        ['spl login https://spl.example.com --did did:key:z6Mk…', 'only this daemon'],
        ['spl login https://spl.example.com --reach team/ops', 'less than the invite gives'],
        ['pbpaste | spl login https://spl.example.com --code -', 'for scripts'],
        ['spl login https://localhost:8443 --ca gateway.pem', 'with a self-signed certificate'],
      ),
    )
    .action((url: URL, _options: unknown, command: Command) =>
      login(url, optionsOf<LoginOptions>(command)),
    )
}

async function login(url: URL, options: LoginOptions): Promise<void> {
  const home = homeOf(options)
  const ca = options.ca === undefined ? undefined : readCa(options.ca)
  const before = readLogin(home)
  if (before !== undefined && before.url !== url.origin) throw loggedInElsewhere(before)
  await checkWay(url)
  const stranger = originClient(url, undefined, 'the address', { ca, ...INSTANCE_LIMITS })
  const { did } = await askInstance(stranger, url)
  checkIdentity(url, did, options.did, before)
  if (!options.json) note(`${url.origin} is ${did}`)
  const code = await readCode(options.code)
  await checkInvite(code, did, url)
  await mkdir(home.root, { recursive: true, mode: 0o700 })
  const client = originClient(url, code, 'the address', { ca, ...PATIENCE })
  const paired = await client.post<Partial<Pairing> | null>(INVITE_PATH, {
    reach: options.reach && parseReach(options.reach),
  })
  const pairing = await checkPairing(paired, did)
  writeLogin(home, {
    object: 'login_file',
    url: url.origin,
    instance_did: did,
    bearer: pairing.token,
    device: pairing.device,
    service_account_id: pairing.service_account_id,
    ca: ca ?? null,
  })
  report(pairing, url, home, options)
}

/** Told before the code is sent: another daemon must not get it. */
function checkIdentity(
  url: URL,
  found: string,
  wanted: string | undefined,
  before: Login | undefined,
): void {
  if (wanted !== undefined && found !== wanted) {
    throw new CliError(
      'INSTANCE_UNEXPECTED',
      `the daemon at ${url.origin} is ${found}, not ${wanted}; no code was sent to it`,
      'check the address, and the identity that spl status shows at home',
    )
  }
  if (wanted !== undefined || before === undefined || before.instance_did === found) return
  throw new CliError(
    'INSTANCE_CHANGED',
    `another daemon answers at ${url.origin}: ${found}, not ${before.instance_did}`,
    `find out why; if that is correct: spl login ${url.origin} --did ${found}`,
  )
}

/** What came is a bearer of the daemon that was asked; else it is not kept. */
async function checkPairing(pairing: Partial<Pairing> | null, did: string): Promise<Pairing> {
  const { token, instance_did, device, service_account_id, scopes } = pairing ?? {}
  const isBearer = typeof token === 'string' && (await readBearer(token)) !== undefined
  const isText = typeof device === 'string' && typeof service_account_id === 'string'
  if (isBearer && isText && Array.isArray(scopes) && instance_did === did) {
    return pairing as Pairing
  }
  throw new CliError(
    'ANSWER_INVALID',
    'the answer to the code is not a bearer token of this daemon; it was not saved',
    'at home: spl pair invites; if the code was used, spl service-account list, then revoke',
  )
}

function report(pairing: Pairing, url: URL, home: Home, options: LoginOptions): void {
  const { token: _secret, device, service_account_id, token_id, env, scopes, expires_at } = pairing
  const reach = pairing.reach ?? null
  const { instance_did } = pairing
  const path = loginFile(home)
  const isDefault = !existsSync(home.instanceKey)
  if (options.json) {
    const about = { device, service_account_id, token_id, env, scopes, reach, expires_at }
    printJson({
      object: 'login',
      url: url.origin,
      instance_did,
      ...about,
      path,
      is_default: isDefault,
    })
    return
  }
  print(
    fields([
      ['Daemon', instance_did],
      ['Address', url.origin],
      ['Device', device],
      ['Account', service_account_id],
      ['Scopes', scopes.join(', ')],
      ['Reach', reachText(reach)],
      ['Expires', expires_at === null ? 'never' : localTime(expires_at)],
      ['Saved in', path],
    ]),
  )
  if (isDefault) note('commands go there from now on; spl logout undoes it')
  else {
    note(`${home.root} has its own daemon, which stays the default; for the other one:`)
    note(`  SPL_SERVE_URL=${url.origin} spl status`)
  }
  if (process.env['SPL_SERVE_URL']) warn('SPL_SERVE_URL is set and takes precedence')
  if (process.env['SPL_TOKEN'])
    warn('SPL_TOKEN is set and takes precedence over the bearer token of the login')
}

function loggedInElsewhere({ url }: Login): CliError {
  return new CliError(
    'LOGIN_EXISTS',
    `this home is logged in to ${url}`,
    'spl logout first, or use another --home',
    EXIT_CODE.usage,
  )
}
