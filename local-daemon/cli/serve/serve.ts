import { Option, type Command } from 'commander'
import type { Home } from '../../home/home.ts'
import { parseListenHost } from '../../network/listen-host.ts'
import { homeOf, optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { parseLines } from '../parse/lines.ts'
import { showLogs } from '../logs/show-logs.ts'
import { noteHomeOnly } from '../client/home-only.ts'
import { note, print, printJson, printAsIs } from '../output/output.ts'
import { parseGateway } from '../parse/gateway.ts'
import { parsePath } from '../parse/path.ts'
import { parsePort } from '../parse/port.ts'
import { withProgress } from '../output/progress.ts'
import { warnOfLink } from './warn-of-link.ts'
import { warnOfBootstrapToken } from './bootstrap-token.ts'
import { parseStore } from '../parse/store.ts'
import type { ReadyReport } from '../client/ready-report.ts'
import { warnOfStart } from './ready-report.ts'
import { restartDaemon } from './restart-daemon.ts'
import { runBackground } from './run-background.ts'
import { runForeground } from './run-foreground.ts'
import type { ServeOptions } from './serve-options.ts'
import { showReady } from './show-ready.ts'
import { showStatus } from '../status/show-status.ts'
import { INITIAL_START, type StartArguments } from '../client/start-arguments.ts'
import { startArguments } from './start-arguments.ts'
import { stopDaemon } from './stop-daemon.ts'
import { installService, serviceText, uninstallService } from './service/install-service.ts'
import { installedService, stopService } from './service/installed-service.ts'
import { showService } from './service/show-service.ts'

/** What `spl serve` may be asked for in place of a start; one at a time. */
const ASKS = ['stop', 'restart', 'status', 'logs', 'installService', 'uninstallService'] as const

export function addServe(program: Command): void {
  const asks = (flags: string, description: string, own: (typeof ASKS)[number]): Option =>
    new Option(flags, description).conflicts(ASKS.filter((other) => other !== own))
  program
    .command('serve')
    .description('start, inspect or stop the daemon')
    .addOption(new Option('--daemon', 'start in the background').conflicts(['foreground', ...ASKS]))
    .addOption(new Option('--foreground', 'stay in this terminal (default)').conflicts([...ASKS]))
    .addOption(asks('--stop', 'stop the daemon of the home', 'stop'))
    .addOption(asks('--restart', 'restart it with the arguments that it had', 'restart'))
    .addOption(asks('--status', 'show whether it runs: exit code 0 or 3', 'status'))
    .addOption(asks('--logs', 'show its log and follow it, like spl logs', 'logs'))
    .option('-n, --lines <count>', 'with --logs: how many of the last lines', parseLines, 100)
    .option('--no-follow', 'with --logs: stop after them')
    .option(
      '--host <address>',
      'loopback, tailnet or private address to listen on',
      INITIAL_START.host,
    )
    .option('--port <n>', 'port; 0 picks a free one', parsePort, INITIAL_START.port)
    .addOption(
      new Option('--store <file>', 'another database: a path or sqlite:///path')
        .argParser(parseStore)
        .conflicts('memory'),
    )
    .option(
      '--new-store',
      'start with an empty store if the old one is missing; old bearer tokens become invalid',
    )
    .option(
      '--memory',
      'keep the store in memory: it is lost when the daemon stops, the identity stays',
    )
    .option('--insecure-localhost', 'require no bearer token on loopback; forces --host 127.0.0.1')
    .addOption(
      new Option('--gateway <url>', 'gateway to connect to')
        .env('SPL_GATEWAY_URL')
        .argParser(parseGateway),
    )
    .option('--no-gateway', 'with --restart: without its gateway')
    .option(
      '--gateway-ca <file>',
      'PEM file to trust for the gateway, besides the system',
      parsePath,
    )
    .addOption(
      asks('--install-service', 'start it at login, with systemd or launchd', 'installService'),
    )
    .addOption(asks('--uninstall-service', 'remove that service', 'uninstallService'))
    .option('--dry-run', 'with --install-service: print the service and change nothing')
    .addOption(new Option('--ready-fd <n>').argParser(Number).hideHelp())
    .addOption(new Option('--supervisor <name>').hideHelp())
    .addHelpText(
      'after',
      examples(
        ['spl serve --daemon', 'in the background on 127.0.0.1:9100'],
        ['spl serve --status', 'is it running?'],
        ['spl serve --stop', 'stop it'],
        ['spl serve --restart --port 9200', 'restart with another port'],
        ['spl serve --logs -n 20 --no-follow', 'the last lines of its log'],
        ['spl serve --daemon --gateway https://spl.example.com', 'with a public hostname'],
        ['spl serve --daemon --host 100.64.0.7', 'also for the machines in your tailnet'],
        ['spl serve --daemon --home ./demo --port 0', 'a second one, in another home'],
        ['spl serve --install-service --dry-run', 'show the service without installing it'],
      ),
    )
    .action((_options: unknown, command: Command) =>
      serve(optionsOf<ServeOptions>(command), givenOn(command)),
    )
}

async function serve(options: ServeOptions, given: Partial<StartArguments>): Promise<void> {
  const home = homeOf(options)
  noteHomeOnly('spl serve', options)
  if (options.status) return showStatus(options)
  if (options.logs) return showLogs(options)
  if (options.stop) return stop(home, options)
  if (options.uninstallService) {
    return showService(await uninstallService(home, startArguments(options)), options)
  }
  if (options.restart)
    return await show(await restartDaemon(home, given, startArguments(options)), options)
  if (!options.insecureLocalhost) parseListenHost(options.host)
  if (options.installService) return install(home, options)
  if (options.readyFd === undefined) warnOfBootstrapToken()
  if (!options.daemon) return runForeground(home, options)
  await show(await runBackground(home, startArguments(options), options.newStore), options)
}

async function show(report: ReadyReport, options: ServeOptions): Promise<void> {
  warnOfStart(report)
  await showReady(report, options.json === true)
  if (report.gateway !== null) await warnOfLink(homeOf(options))
}

async function stop(home: Home, options: ServeOptions): Promise<void> {
  const service = installedService(home)
  // First, so that its manager does not start it again.
  if (service !== undefined) await stopService(service)
  const outcome = await withProgress('stopping the daemon', options, () => stopDaemon(home))
  if (options.json) printJson({ object: 'daemon', ...outcome, home: home.root })
  else if (outcome.status === 'stopped') print(`stopped (pid ${outcome.pid})`)
  else note(`not running: no daemon in ${home.root}`)
}

async function install(home: Home, options: ServeOptions): Promise<void> {
  const args = startArguments(options)
  if (options.dryRun) return printAsIs(serviceText(home, args))
  return showService(await installService(home, args), options)
}

/** The arguments of a start that were given on this line or in the environment: no defaults. */
function givenOn(command: Command): Partial<StartArguments> {
  const all = startArguments(optionsOf<ServeOptions>(command))
  const entries = Object.entries(all).filter(([name]) => {
    const source = command.getOptionValueSource(name)
    return source === 'cli' || source === 'env'
  })
  return Object.fromEntries(entries)
}
