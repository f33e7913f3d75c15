import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import type { Home } from '../../home/home.ts'
import { isLoopbackName } from '../../network/is-loopback-name.ts'
import { locateBearer, type LocatedBearer } from '../client/bearer.ts'
import { tokenFile } from '../client/token-file.ts'
import { CliError } from '../cli-error.ts'
import { readCa } from '../client/read-ca.ts'
import { socketClient } from '../client/daemon-client.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { gatewayStatus, type Check, type StatusRequest } from './end-to-end/gateway-status.ts'
import { ownerOfHome } from './owner-of-home.ts'
import { isStorageFull } from '../../gateway/storage-room.ts'
import { readRefusals } from '../../gateway/refusals-file.ts'
import type { Refusals } from '../../gateway/front/refusal-counts.ts'
import { localTime } from '../output/local-time.ts'
import { table } from '../output/table.ts'
import { homeOf, optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { noteNext, print, printJson, warn } from '../output/output.ts'
import { parseOrigin } from '../parse/origin.ts'
import { readRunningFile } from '../client/running-file.ts'
import { printable } from '../output/printable.ts'
import type { Link } from '../tunnel/link-rows.ts'
import { styled } from '../output/styled.ts'
import { hanging, wrapText } from '../output/wrap-text.ts'

interface GatewayStatusOptions extends GlobalOptions {
  readonly url?: URL
  readonly ca?: string
  readonly storage?: string
}

export function addGatewayStatus(gateway: Command): void {
  gateway
    .command('status')
    .description('test the public hostname end to end, from DNS to this daemon')
    .option(
      '--url <origin>',
      'another gateway than the one of the daemon of this home',
      parseOrigin,
    )
    .option('--ca <file>', 'PEM file to trust, besides the system')
    .option('--storage <dir>', 'storage of the gateway on this machine (default: in the home)')
    .addHelpText(
      'after',
      examples(
        ['spl gateway status', 'exit code 0 if all is well, else 3'],
        ['spl gateway status --url https://spl.example.com', 'any gateway, from anywhere'],
        ['spl gateway status --json | jq .round_trip_ms', 'for a monitor'],
      ),
    )
    .action((_options: unknown, command: Command) =>
      status(optionsOf<GatewayStatusOptions>(command)),
    )
}

async function status(options: GatewayStatusOptions): Promise<void> {
  const request = await requestOf(options)
  const outcome = await gatewayStatus(request, (check) => {
    if (!options.json) print(line(check))
  })
  if (options.json) printJson(outcome)
  else if (outcome.refusals !== null) print(refusalText(outcome.refusals))
  warnOfFullDisk(options.storage ?? homeOf(options).gateway)
  if (outcome.ok) return
  process.exitCode = EXIT_CODE.unreachable
  if (!options.json) noteNext('try', `${advice(outcome.checks)}`)
}

/** Of the gateway on this machine; of another one its own output says it. */
function warnOfFullDisk(storage: string): void {
  if (isStorageFull(storage) !== true) return
  warn(`the disk of the gateway's storage ${storage} is full [GATEWAY_STORAGE_FULL]`)
  noteNext('try', 'free some space there; until then the gateway works from memory')
}

/** The gateway of the daemon that runs in the home, unless another is named. Only the home's own is shown the home's own bearer. */
async function requestOf(options: GatewayStatusOptions): Promise<StatusRequest> {
  const home = homeOf(options)
  const facts = readRunningFile(home)
  const gateway = options.url?.origin ?? facts?.gateway
  if (!gateway) throw notConnected(home, facts !== undefined)
  const own = gateway === facts?.gateway
  const caFile = options.ca ?? (own ? facts.gateway_ca : null)
  const origin = new URL(gateway)
  const located = await locateBearer(options.token, home, undefined)
  const link = own ? await linkOf(home) : undefined
  return {
    origin,
    ca: caFile ? readCa(caFile) : undefined,
    expected: existsSync(home.instanceKey) ? await ownerOfHome(options) : null,
    policy: link?.configured ? link.policy : undefined,
    refusals: readRefusals(options.storage ?? home.gateway),
    bearer: isPrivate(origin) && (own || located?.source !== 'file') ? located?.bearer : undefined,
    bearerFrom: located && sourceText(located.source, home),
  }
}

function sourceText(source: LocatedBearer['source'], home: Home): string {
  if (source === 'option') return 'the token of --token'
  return source === 'environment'
    ? 'the token in SPL_TOKEN'
    : `the token saved in ${tokenFile(home)}`
}

/** Whether a bearer may go there: by TLS, or without leaving this machine. */
function isPrivate({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || isLoopbackName(hostname)
}

async function linkOf(home: Home): Promise<Link | undefined> {
  try {
    return await socketClient(home).get<Link>('/v1/tunnel')
  } catch {
    return undefined
  }
}

function notConnected(home: Home, running: boolean): CliError {
  return running
    ? new CliError(
        'GATEWAY_NOT_CONFIGURED',
        `the daemon of ${home.root} runs without a gateway`,
        'spl serve --restart --gateway <origin>, with --gateway-ca <file> for a self-signed certificate; or --url <origin> to check from here',
        EXIT_CODE.unreachable,
      )
    : new CliError(
        'DAEMON_NOT_RUNNING',
        `no daemon runs in ${home.root}, so its gateway is unknown`,
        'spl serve --daemon --gateway <origin>, or --url <origin> to check from here',
        EXIT_CODE.unreachable,
      )
}

const MARKS = { true: ['green', 'ok'], false: ['red', 'FAIL'], null: ['dim', '-'] } as const

/** Columns before what a check found. */
const DETAIL_AT = 4 + 2 + 12 + 2

function line({ name, ok, detail }: Check): string {
  const [colour, mark] = MARKS[`${ok}`]
  const shown = styled(colour, mark.padEnd(4))
  const columns = process.stdout.columns || Number.POSITIVE_INFINITY
  const said = hanging(wrapText(printable(detail), columns - DETAIL_AT), DETAIL_AT)
  return `${shown}  ${name.replace('_', ' ').padEnd(12)}  ${said}`
}

/** What the gateway on this machine has refused, the most frequent first; the address that was asked may be of another. */
function refusalText({ since, by_code }: Refusals): string {
  const rows = Object.entries(by_code)
    .toSorted(([, left], [, right]) => right.count - left.count)
    .map(([code, { count, last_at }]) => [code, String(count), localTime(last_at / 1000)])
  const from = localTime(since / 1000)
  if (rows.length === 0) return `the gateway on this machine refused nothing since ${from}`
  return `\nRefused by the gateway on this machine since ${from}:\n${table(['CODE', 'TIMES', 'LAST'], rows)}`
}

const ADVICE: Readonly<Record<Check['name'], string>> = {
  dns: 'check the spelling; after a first deploy wait some minutes, then check the name at your DNS provider',
  tls: 'check that the gateway runs, on that port. Renew an expired certificate at the gateway; for a self-signed one: --ca <file>',
  gateway:
    'check the hostname, and that the gateway runs: spl gateway deploy, or spl gateway serve',
  daemon: 'spl tunnel status at home shows why the daemon is not connected',
  policy: 'spl tunnel status at home, then try again: a change takes a moment',
  round_trip: 'run the same command again; then spl tunnel status at home',
  event_stream: 'use a bearer token with records:read; behind a proxy, turn its buffering off',
}

/** Also the own hostname of a gateway of several owners, which needs no daemon. */
const NOBODYS =
  'the gateway is up, but this hostname is not assigned: spl gateway list shows the assigned ones, spl gateway join gets one'

/** A token that is wrong, revoked, or without the scope. */
const REFUSED =
  'use a token of that daemon with records:read: at home spl token create --sa <id>, then here spl token save -'

function advice(checks: readonly Check[]): string {
  const failed = checks.find(({ ok }) => ok === false)
  if (failed?.detail.includes('HOSTNAME_UNKNOWN')) return NOBODYS
  if (failed?.detail.includes('was refused (')) return REFUSED
  return failed === undefined ? 'run the same command again' : ADVICE[failed.name]
}
