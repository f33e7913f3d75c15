import { resolve } from 'node:path'
import { InvalidArgumentError, Option, type Command } from 'commander'
import type { Home } from '../../config/home.ts'
import { homeOf, optionsOf } from '../global-options.ts'
import { examples } from '../help-examples.ts'
import { noteHomeOnly } from '../home-only.ts'
import { note, print, printJson } from '../output.ts'
import { parsePort } from '../parse-port.ts'
import { withProgress } from '../progress.ts'
import { warnOfBootstrapToken } from '../serve/bootstrap-token.ts'
import { checkHost } from '../serve/check-host.ts'
import { banner, warnIfInsecure } from '../serve/ready-report.ts'
import { runBackground } from '../serve/run-background.ts'
import { runForeground } from '../serve/run-foreground.ts'
import type { ServeOptions } from '../serve/serve-options.ts'
import { showStatus } from '../serve/show-status.ts'
import { stopDaemon } from '../serve/stop-daemon.ts'

export function addServe(program: Command): void {
  program
    .command('serve')
    .description('run the daemon of a home, look at it, or stop it')
    .addOption(new Option('--daemon', 'start in the background').conflicts(['foreground', ...ASKS]))
    .addOption(new Option('--foreground', 'stay in this terminal (default)').conflicts([...ASKS]))
    .addOption(new Option('--stop', 'stop the daemon of the home').conflicts('status'))
    .option('--status', 'say whether it runs: exit code 0 or 3')
    .option('--host <address>', 'address to listen on, loopback only', '127.0.0.1')
    .option('--port <n>', 'port, 0 for a free one', parsePort, 9100)
    .option(
      '--insecure-localhost',
      'ask for no bearer on loopback; forces 127.0.0.1 whatever --host says',
    )
    .addOption(
      new Option('--gateway <url>', 'gateway to connect to')
        .env('SPL_GATEWAY_URL')
        .argParser(parseGateway),
    )
    .option(
      '--gateway-ca <file>',
      'PEM file to trust for the gateway, beside the system',
      resolvePath,
    )
    .addOption(new Option('--ready-fd <n>').argParser(Number).hideHelp())
    .addHelpText(
      'after',
      examples(
        ['spl serve --daemon', 'in the background on 127.0.0.1:9100'],
        ['spl serve --status', 'is it running?'],
        ['spl serve --stop', 'stop it'],
        ['spl serve --daemon --gateway https://spl.example.com', 'with a public hostname'],
        ['spl serve --daemon --home ./demo --port 0', 'a second one, elsewhere'],
      ),
    )
    .action((_options: unknown, command: Command) => serve(optionsOf<ServeOptions>(command)))
}

const ASKS = ['stop', 'status'] as const

async function serve(options: ServeOptions): Promise<void> {
  const home = homeOf(options)
  noteHomeOnly('spl serve', options)
  if (options.status) return showStatus(options)
  if (options.stop) return stop(home, options)
  if (!options.insecureLocalhost) checkHost(options.host)
  if (options.readyFd === undefined) warnOfBootstrapToken()
  if (!options.daemon) return runForeground(home, options)
  const report = await runBackground(home, options)
  warnIfInsecure(report)
  if (options.json) printJson(report)
  else print(banner(report))
}

async function stop(home: Home, options: ServeOptions): Promise<void> {
  const outcome = await withProgress('stopping the daemon', options, () => stopDaemon(home))
  if (options.json) printJson({ object: 'daemon', ...outcome, home: home.root })
  else if (outcome.status === 'stopped') print(`stopped (pid ${outcome.pid})`)
  else note(`not running: no daemon in ${home.root}`)
}

function parseGateway(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isOrigin = url !== undefined && url.pathname === '/'
  if (isOrigin && url.protocol === 'https:') return url.origin
  // Bearers cross this connection: in the clear on this machine alone.
  const here = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/u
  if (isOrigin && url.protocol === 'http:' && here.test(url.hostname)) return url.origin
  throw new InvalidArgumentError(
    'A gateway is an https origin such as https://spl.example.com (http on loopback only).',
  )
}

function resolvePath(path: string): string {
  return resolve(path)
}
