import type { Command } from 'commander'
import { PROJECT_DIRECTORY } from './project/find-project.ts'
import { followServiceLog } from './self-hosted/follow-journal.ts'
import { followWorkerLog } from './project/follow-worker-log.ts'
import { optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { parseId } from '../parse/id.ts'

interface GatewayLogsOptions extends GlobalOptions {
  readonly follow?: boolean
  readonly selfHosted?: boolean
}

export function addGatewayLogs(gateway: Command): void {
  gateway
    .command('logs')
    .description('show what the gateway logs')
    .argument('[dir]', 'directory of the project', parseId, PROJECT_DIRECTORY)
    .option('-f, --follow', 'follow it until Ctrl-C; always on for Cloudflare')
    .option('--self-hosted', 'show the journal of the service on this machine')
    .addHelpText(
      'after',
      `${examples(
        ['spl gateway logs', 'requests and exceptions at Cloudflare, as they happen'],
        ['spl gateway logs --json | jq .outcome', 'one event a line'],
        ['spl gateway logs --self-hosted -f', 'the journal of spl gateway serve as a service'],
      )}

Cloudflare logs each request, its outcome and exceptions; workerd logs only
errors. For the requests that reached your daemon: spl tunnel log
`,
    )
    .action((directory: string, _options: unknown, command: Command) => {
      const { selfHosted, follow, json } = optionsOf<GatewayLogsOptions>(command)
      return selfHosted
        ? followServiceLog(follow === true)
        : followWorkerLog(directory, json === true)
    })
}
