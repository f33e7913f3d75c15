import { Option, type Command } from 'commander'
import { abortOnSignal } from '../signals/abort-on-signal.ts'
import { daemonClient } from '../client/daemon-client.ts'
import { optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { note, print, printJson } from '../output/output.ts'
import { followLog } from './follow-log.ts'
import { logHeader, logRow } from './log-row.ts'

interface LogOptions extends GlobalOptions {
  readonly follow?: boolean
  readonly via: string
}

export function addTunnelLog(tunnel: Command): void {
  tunnel
    .command('log')
    .description('show the requests that the daemon answered lately')
    .option('-f, --follow', 'go on with those to come, until Ctrl-C')
    .addOption(
      new Option('--via <way>', 'how they came in')
        .choices(['tunnel', 'proxy', 'network', 'loopback', 'socket', 'all'])
        .default('tunnel'),
    )
    .addHelpText(
      'after',
      examples(
        ['spl tunnel log -f', 'what comes through the public hostname, as it comes'],
        ['spl tunnel log --via all', 'this machine’s requests too'],
        ["spl tunnel log -f --json | jq 'select(.status >= 500)'", 'one JSON object a line'],
      ),
    )
    .action((_options: unknown, command: Command) => showLog(optionsOf<LogOptions>(command)))
}

async function showLog({ follow = false, via, ...options }: LogOptions): Promise<void> {
  const client = await daemonClient(options)
  const signal = follow ? abortOnSignal() : new AbortController().signal
  if (!options.json) print(logHeader())
  await followLog({
    client,
    path: `/v1/tunnel/log?via=${via}`,
    follow,
    signal,
    onLine: (line) => (options.json ? printJson(line) : print(logRow(line))),
    onRemark: note,
  })
}
