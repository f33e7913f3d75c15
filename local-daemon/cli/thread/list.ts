import type { Command } from 'commander'
import type { z } from 'zod'
import type { Thread } from '../../http/schemas/schemas.ts'
import { collectPages } from '../client/collect-pages.ts'
import { parseLimit } from '../parse/limit.ts'
import { daemonClient } from '../client/daemon-client.ts'
import { optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { note, noteNext, print, printJson } from '../output/output.ts'
import { shortId } from '../output/short-id.ts'
import { table } from '../output/table.ts'
import { shortTime } from '../output/local-time.ts'

interface ThreadListOptions extends GlobalOptions {
  readonly limit: number
}

export function addThreadList(thread: Command): void {
  thread
    .command('list')
    .description('list threads, newest first')
    .option('--limit <n>', 'maximum number of threads', parseLimit, 100)
    .addHelpText(
      'after',
      examples(
        ['spl thread list', 'a table'],
        ["spl thread list --json | jq -r '.data[].id'", 'ids for scripts'],
      ),
    )
    .action(async (_options: unknown, command: Command) => {
      const options = optionsOf<ThreadListOptions>(command)
      const client = await daemonClient(options)
      const list = await collectPages<z.infer<typeof Thread>>(client, '/v1/threads', options.limit)
      if (options.json) return printJson(list)
      const rows = list.data.map(({ id, records, updated_at, goal }) => [
        shortId(id),
        String(records),
        shortTime(updated_at / 1000),
        goal ?? '',
      ])
      if (rows.length === 0) noteNext('no threads yet; open one with', 'spl intend "a goal"')
      else print(table(['THREAD', 'RECORDS', 'UPDATED', 'GOAL'], rows))
      if (list.has_more) note(`more exist: --limit ${options.limit * 10}`)
    })
}
