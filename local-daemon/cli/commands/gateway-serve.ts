import { InvalidArgumentError, Option, type Command } from 'commander'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { homeOf, optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help-examples.ts'
import { noteHomeOnly } from '../home-only.ts'
import { note, print, printJson } from '../output.ts'
import { parsePort } from '../parse-port.ts'
import { fields } from '../table.ts'
import { untilSignal } from '../until-signal.ts'
import type { KeyPair } from '../../gateway/self-signed.ts'

/** The most that the gateway's settings take. */
const RATE_MAX = 1_000_000

interface GatewayServeOptions extends GlobalOptions {
  readonly owner?: string
  readonly host: string
  readonly port: number
  readonly hostname: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly selfSigned?: boolean
  readonly clientAddressHeader?: string
  readonly storage?: string
  readonly addressRequests?: number
  readonly strangerRequests?: number
}

export function addGatewayServe(gateway: Command): void {
  gateway
    .command('serve')
    .description('run the gateway on workerd until it is stopped')
    .option('--owner <did:key>', 'daemon that may connect (default: the one of the home)')
    .option('--host <address>', 'address to listen on; without TLS loopback only', '127.0.0.1')
    .option('--port <n>', 'port, 0 for a free one', parsePort, 8443)
    .option('--hostname <name>', 'public hostname', 'localhost')
    .option('--tls-cert <file>', 'PEM certificate with its chain')
    .option('--tls-key <file>', 'PEM private key')
    .addOption(
      new Option('--self-signed', 'make and keep a certificate').conflicts(['tlsCert', 'tlsKey']),
    )
    .option('--client-address-header <name>', 'header in which the proxy in front puts the client')
    .option(
      '--address-requests <n>',
      'requests a minute of one client address (default: 6000)',
      parseRate,
    )
    .option('--stranger-requests <n>', 'the same without a good bearer (default: 120)', parseRate)
    .option('--storage <dir>', 'directory of the gateway (default: gateway/ in the home)')
    .addHelpText(
      'after',
      examples(
        ['spl gateway serve --self-signed', 'https://localhost:8443 for the daemon of this home'],
        ['spl gateway serve --client-address-header X-Real-IP', 'plain HTTP behind Caddy or nginx'],
        [
          'spl gateway serve --host 0.0.0.0 --port 443 --hostname spl.example.com --tls-cert chain.pem --tls-key key.pem',
          'public, with your certificate',
        ],
      ),
    )
    .action((_options: unknown, command: Command) =>
      serveGateway(optionsOf<GatewayServeOptions>(command)),
    )
}

async function serveGateway(options: GatewayServeOptions): Promise<void> {
  noteHomeOnly('spl gateway serve', options)
  const { startGateway } = await import('../../gateway/start-gateway.ts')
  const tls = tlsOf(options)
  const signalled = untilSignal()
  const gateway = await startGateway({
    ownerDid: options.owner ?? (await ownerOfHome(options)),
    directory: options.storage ?? homeOf(options).gateway,
    host: options.host,
    port: options.port,
    hostname: options.hostname,
    ...(tls && { tls }),
    ...(options.clientAddressHeader && { clientAddressHeader: options.clientAddressHeader }),
    ...(options.addressRequests && { addressRequestsPerMinute: options.addressRequests }),
    ...(options.strangerRequests && { strangerRequestsPerMinute: options.strangerRequests }),
    onLog: note,
  })
  const { url, cacert, pid } = gateway
  if (options.json) printJson({ object: 'gateway', url, cacert: cacert ?? null, pid })
  else
    print(
      fields([
        ['Gateway', url],
        ['CA', cacert],
        ['PID', String(pid)],
      ]),
    )
  const ended = await Promise.race([signalled, gateway.exited])
  if (typeof ended !== 'string') throw gone(ended.signal ?? `status ${ended.code}`)
  note('stopping the gateway')
  await gateway.stop()
}

function parseRate(text: string): number {
  const rate = /^[1-9]\d{0,6}$/u.test(text) ? Number(text) : Number.POSITIVE_INFINITY
  if (rate <= RATE_MAX) return rate
  throw new InvalidArgumentError(`A rate is a whole number from 1 to ${RATE_MAX}.`)
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

/** Reads the identity without making one: a gateway that waits for a daemon that is not there yet helps nobody. */
async function ownerOfHome(options: GatewayServeOptions): Promise<string> {
  const { existsSync } = await import('node:fs')
  const home = homeOf(options)
  if (existsSync(home.instanceKey)) {
    const { loadIdentity } = await import('../../access/identity.ts')
    return loadIdentity(home).did
  }
  throw new CliError(
    'OWNER_MISSING',
    `no daemon has run in ${home.root} yet, so nobody is known who may connect`,
    'spl serve --daemon first, or --owner <did:key> (spl status shows it)',
    EXIT_CODE.usage,
  )
}

function gone(how: string): CliError {
  return new CliError(
    'GATEWAY_EXITED',
    `workerd is gone (${how})`,
    'read the lines above, then start the gateway again',
  )
}
