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
    .description('show the latest requests that the daemon answered')
    .option('-f, --follow', 'follow new ones until Ctrl-C')
    .addOption(
      new Option('--via <way>', 'how they reached the daemon')
        .choices(['tunnel', 'proxy', 'network', 'loopback', 'socket', 'all'])
        .default('tunnel'),
    )
    .addHelpText(
      'after',
      examples(
        ['spl tunnel log -f', 'follow the requests through the public hostname'],
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
