import { Option, type Command } from 'commander'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { ownerOfHome } from './owner-of-home.ts'
import { untilGatewayFault } from './self-hosted/until-gateway-fault.ts'
import { homeOf, optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { noteHomeOnly } from '../client/home-only.ts'
import { note, print, printJson } from '../output/output.ts'
import { parsePort } from '../parse/port.ts'
import { parseRate } from '../parse/rate.ts'
import { fields } from '../output/table.ts'
import { stopForSure } from '../signals/stop-for-sure.ts'
import { ignoreUserSignals } from '../signals/user-signals.ts'
import { untilSignal } from '../signals/until-signal.ts'
import type { KeyPair } from '../../gateway/self-signed.ts'

interface GatewayServeOptions extends GlobalOptions {
  readonly owner?: string
  readonly admin?: string
  readonly host: string
  readonly port: number
  readonly hostname: readonly string[]
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly selfSigned?: boolean
  readonly clientAddressHeader?: string
  readonly storage?: string
  readonly addressRequests?: number
  readonly strangerRequests?: number
  readonly installService?: boolean
  readonly uninstallService?: boolean
  readonly user?: boolean
  readonly dryRun?: boolean
}

export function addGatewayServe(gateway: Command): void {
  gateway
    .command('serve')
    .description('run the gateway on workerd until it is stopped')
    .option('--owner <did:key>', 'daemon that may connect (default: the daemon of this home)')
    .addOption(
      new Option(
        '--admin <did:key>',
        'instead of --owner: the admin of several; self means this home',
      ).conflicts('owner'),
    )
    .option('--host <address>', 'address to listen on; without TLS, only loopback', '127.0.0.1')
    .option('--port <n>', 'port; 0 picks a free one', parsePort, 8443)
    .addOption(
      new Option(
        '--hostname <name...>',
        'public hostname; with --admin several, or *.spl.example.com',
      ).default(['localhost'], 'localhost'),
    )
    .option('--tls-cert <file>', 'PEM certificate with its chain')
    .option('--tls-key <file>', 'PEM private key')
    .addOption(
      new Option('--self-signed', 'create a self-signed certificate and keep it').conflicts([
        'tlsCert',
        'tlsKey',
      ]),
    )
    .option(
      '--client-address-header <name>',
      'header in which the proxy in front sends the client address',
    )
    .option(
      '--address-requests <n>',
      'requests per minute and client address (default: 6000)',
      parseRate,
    )
    .option(
      '--stranger-requests <n>',
      'the same without a valid bearer token (default: 120)',
      parseRate,
    )
    .option('--storage <dir>', 'directory of the gateway (default: gateway/ in the home)')
    .addOption(
      new Option('--install-service', 'run it with these options as a systemd service').conflicts(
        'uninstallService',
      ),
    )
    .option('--uninstall-service', 'stop that service and remove its unit')
    .option('--user', 'a user service, also as root')
    .option('--dry-run', 'with these: print the unit and change nothing')
    .addHelpText(
      'after',
      examples(
        ['spl gateway serve --self-signed', 'https://localhost:8443 for the daemon of this home'],
        ['spl gateway serve --client-address-header X-Real-IP', 'plain HTTP behind Caddy or nginx'],
        [
          'spl gateway serve --host 0.0.0.0 --port 443 --hostname spl.example.com --tls-cert chain.pem --tls-key key.pem',
          'public, with your certificate',
        ],
        ['spl gateway serve --install-service --dry-run', 'print the systemd unit'],
        [
          'spl gateway serve --admin self --hostname spl.example.com --client-address-header X-Real-IP',
          'for a team, behind a TLS proxy',
        ],
      ),
    )
    .action((_options: unknown, command: Command) =>
      serveGateway(optionsOf<GatewayServeOptions>(command)),
    )
}

async function serveGateway(options: GatewayServeOptions): Promise<void> {
  if (options.installService || options.uninstallService) return service(options)
  noteHomeOnly('spl gateway serve', options)
  const { startGateway } = await import('../../gateway/start-gateway.ts')
  const tls = tlsOf(options)
  ignoreUserSignals()
  const signalled = untilSignal()
  const [hostname = 'localhost', ...moreHostnames] = options.hostname
  const gateway = await startGateway({
    ...(await whoseGateway(options)),
    directory: options.storage ?? homeOf(options).gateway,
    host: options.host,
    port: options.port,
    hostname,
    moreHostnames,
    ...(tls && { tls }),
    ...(options.clientAddressHeader && { clientAddressHeader: options.clientAddressHeader }),
    ...(options.addressRequests && { addressRequestsPerMinute: options.addressRequests }),
    ...(options.strangerRequests && { strangerRequestsPerMinute: options.strangerRequests }),
    onLog: note,
  })
  const { url, cacert, pid: workerdPid } = gateway
  const { pid } = process
  if (options.json)
    printJson({ object: 'gateway', url, cacert: cacert ?? null, pid, workerd_pid: workerdPid })
  else
    print(
      fields([
        ['Gateway', url],
        ['CA', cacert],
        ['PID', String(pid)],
      ]),
    )
  const ended = await Promise.race([signalled, untilGatewayFault(gateway, options.host)])
  if (typeof ended === 'object') {
    process.exitCode = EXIT_CODE.fault
    note(`the gateway stops: ${ended.fault} [GATEWAY_FAULT]`)
  }
  note('stopping the gateway')
  await stopForSure(() => gateway.stop())
}

async function service(options: GatewayServeOptions): Promise<void> {
  const { installService, uninstallService } = await import('./self-hosted/manage-service.ts')
  const { user = false, dryRun = false, json = false } = options
  const manners = { user, dryRun, json }
  if (options.uninstallService) return uninstallService(manners)
  await installService(
    {
      ...(await whoseGateway(options)),
      host: options.host,
      port: options.port,
      hostnames: options.hostname,
      tls: tlsOf(options),
      clientAddressHeader: options.clientAddressHeader,
      addressRequests: options.addressRequests,
      strangerRequests: options.strangerRequests,
      storage: options.storage ?? homeOf(options).gateway,
    },
    manners,
  )
}

/** One owner, who is the home's own unless told, or the admin of many. */
async function whoseGateway(
  options: GatewayServeOptions,
): Promise<{ ownerDid: string } | { adminDid: string }> {
  const { admin, owner } = options
  if (admin === undefined) return { ownerDid: owner ?? (await ownerOfHome(options)) }
  return { adminDid: admin === 'self' ? await ownerOfHome(options) : admin }
}

function tlsOf(options: GatewayServeOptions): KeyPair | 'self-signed' | undefined {
  if (options.selfSigned) return 'self-signed'
  const { tlsCert: cert, tlsKey: key } = options
  if (cert && key) return { cert, key }
  if (!cert && !key) return undefined
  throw new CliError(
    'TLS_INCOMPLETE',
    '--tls-cert and --tls-key belong together',
    'give both, or --self-signed',
    EXIT_CODE.usage,
  )
}
