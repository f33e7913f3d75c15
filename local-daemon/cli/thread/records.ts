import type { Command } from 'commander'
import type { z } from 'zod'
import type { FlatRecord } from '../../http/schemas/schemas.ts'
import { collectPages } from '../client/collect-pages.ts'
import { parseLimit } from '../parse/limit.ts'
import { daemonClient } from '../client/daemon-client.ts'
import { optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { note, print, printJson } from '../output/output.ts'
import { recordText } from '../output/record-text.ts'
import { shortId } from '../output/short-id.ts'
import { wholeThread } from '../client/whole-id.ts'
import { table } from '../output/table.ts'
import { parseId } from '../parse/id.ts'

interface ThreadRecordsOptions extends GlobalOptions {
  readonly limit: number
}

export function addThreadRecords(thread: Command): void {
  thread
    .command('records')
    .description('show the records of a thread in order of arrival')
    .argument('<thread>', 'id of the thread, or its beginning', parseId)
    .option('--limit <n>', 'maximum number of records', parseLimit, 100)
    .addHelpText(
      'after',
      examples(
        ['spl thread records th_…', 'a table'],
        ['spl thread records th_… --json', 'whole records with ids and signatures'],
      ),
    )
    .action(async (id: string, _options: unknown, command: Command) => {
      const options = optionsOf<ThreadRecordsOptions>(command)
      const client = await daemonClient(options)
      const thread = await wholeThread(client, id)
      const path = `/v1/threads/${encodeURIComponent(thread)}/records`
      const list = await collectPages<z.infer<typeof FlatRecord>>(client, path, options.limit)
      if (options.json) return printJson(list)
      const rows = list.data.map((record) => [
        String(record.clock),
        record.act,
        record.actor,
        shortId(record.id),
        recordText(record),
      ])
      print(table(['CLOCK', 'ACT', 'ACTOR', 'RECORD', 'TEXT'], rows))
      if (list.has_more) note(`more exist: --limit ${options.limit * 10}`)
    })
}
