import type { Command } from 'commander'
import type { z } from 'zod'
import { DEFAULT_NAMESPACE } from '../../../protocol/identity/namespace-name.ts'
import type { Thread } from '../../http/schemas/schemas.ts'
import { requireKnownNamespace } from '../client/known-place.ts'
import { collectPages } from '../client/collect-pages.ts'
import { parseLimit } from '../parse/limit.ts'
import { daemonClient } from '../client/daemon-client.ts'
import { optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { note, noteNext, print, printJson } from '../output/output.ts'
import { shortId } from '../output/short-id.ts'
import { table } from '../output/table.ts'
import { parseNamespace } from '../parse/namespace.ts'
import { shortTime } from '../output/local-time.ts'

interface ThreadListOptions extends GlobalOptions {
  readonly limit: number
  readonly namespace?: string
}

export function addThreadList(thread: Command): void {
  thread
    .command('list')
    .description('list threads, newest first')
    .option('--namespace <name>', 'only those in it and below it', parseNamespace)
    .option('--limit <n>', 'maximum number of threads', parseLimit, 100)
    .addHelpText(
      'after',
      examples(
        ['spl thread list', 'a table'],
        ['spl thread list --namespace team', 'in team and below it'],
        ["spl thread list --json | jq -r '.data[].id'", 'ids for scripts'],
      ),
    )
    .action(async (_options: unknown, command: Command) => {
      const options = optionsOf<ThreadListOptions>(command)
      const client = await daemonClient(options)
      const { namespace } = options
      const filter = namespace === undefined ? {} : { namespace }
      const list = await collectPages<z.infer<typeof Thread>>(
        client,
        '/v1/threads',
        options.limit,
        filter,
      )
      if (list.data.length === 0 && namespace !== undefined) {
        await requireKnownNamespace(client, namespace)
      }
      if (options.json) return printJson(list)
      if (list.data.length === 0) {
        const where = namespace === undefined ? '' : ` --namespace ${namespace}`
        noteNext('no threads yet; open one with', `spl intend "a goal"${where}`)
      } else print(threadTable(list.data))
      if (list.has_more) note(`more exist: --limit ${options.limit * 10}`)
    })
}

/** Namespaces have a column where a thread is in another than `default`. */
function threadTable(threads: readonly z.infer<typeof Thread>[]): string {
  const others = new Set([null, undefined, DEFAULT_NAMESPACE])
  const shows = threads.some(({ namespace }) => !others.has(namespace))
  const rows = threads.map(({ id, records, updated_at, namespace, goal }) => [
    shortId(id),
    ...(shows ? [namespace ?? ''] : []),
    String(records),
    shortTime(updated_at / 1000),
    goal ?? '',
  ])
  return table(['THREAD', ...(shows ? ['NAMESPACE'] : []), 'RECORDS', 'UPDATED', 'GOAL'], rows)
}
