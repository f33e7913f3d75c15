import type { Command } from 'commander'
import type { Namespace } from '../client/answers.ts'
import { collectPages } from '../client/collect-pages.ts'
import { daemonClient } from '../client/daemon-client.ts'
import { optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { shortTime } from '../output/local-time.ts'
import { note, print, printJson } from '../output/output.ts'
import { table } from '../output/table.ts'
import { parseLimit } from '../parse/limit.ts'

interface ListOptions extends GlobalOptions {
  readonly limit: number
}

export function addNamespaceList(namespace: Command): void {
  namespace
    .command('list')
    .description('list namespaces, including archived ones')
    .option('--limit <n>', 'maximum number of namespaces', parseLimit, 1_000)
    .addHelpText(
      'after',
      examples(
        ['spl namespace list', 'a table, each below the one that it is in'],
        ["spl namespace list --json | jq -r '.data[].name'", 'names for scripts'],
      ),
    )
    .action(async (_options: unknown, command: Command) => {
      const options = optionsOf<ListOptions>(command)
      const client = await daemonClient(options)
      const list = await collectPages<Namespace>(client, '/v1/namespaces', options.limit)
      if (options.json) return printJson(list)
      const rows = list.data
        .toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
        .map((one) => [
          one.name,
          statusOf(one),
          String(one.threads),
          String(one.records),
          one.created_at === null ? '' : shortTime(one.created_at),
          one.description ?? '',
        ])
      print(table(['NAMESPACE', 'STATUS', 'THREADS', 'RECORDS', 'CREATED', 'DESCRIPTION'], rows))
      if (list.has_more) note(`more exist: --limit ${options.limit * 10}`)
    })
}

/** Sorts a namespace before what is below it, and that before its siblings: `-` and `_` come after the separator. */
function keyOf({ name }: Namespace): string {
  return name.replaceAll('/', '\0')
}

function statusOf({ name, status, archived_with: closedBy }: Namespace): string {
  return closedBy === null || closedBy === name ? status : `${status} with ${closedBy}`
}
