import { EXIT_CODE } from '../exit-code.ts'
import { CliError } from '../cli-error.ts'
import { countText } from '../../problem/count-text.ts'
import type { Command } from 'commander'
import type { z } from 'zod'
import type { QueriedRecords } from '../../http/schemas/find-schemas.ts'
import { collectFrom } from '../client/collect-pages.ts'
import { daemonClient } from '../client/daemon-client.ts'
import { requireKnownPlace } from '../client/known-place.ts'
import { wholeThread } from '../client/whole-id.ts'
import { optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { note, print, printJson } from '../output/output.ts'
import { recordText } from '../output/record-text.ts'
import { shortId } from '../output/short-id.ts'
import { table } from '../output/table.ts'
import { type Filter, parseCondition } from '../parse/condition.ts'
import { parseId } from '../parse/id.ts'
import { parseLimit } from '../parse/limit.ts'
import { parseSort, type Sort } from '../parse/sort.ts'

type Page = z.infer<typeof QueriedRecords>

interface QueryOptions extends GlobalOptions {
  readonly limit: number
  readonly thread?: string
  readonly sort?: Sort
  readonly explain: boolean
  readonly cursor?: string
}

export function addQuery(program: Command): void {
  program
    .command('query')
    .description('find records by conditions that all must hold')
    .argument('[condition...]', 'such as act=DO, or a filter as JSON', parseCondition)
    .option('--thread <thread>', 'only records of this thread', parseId)
    .option('--sort <order>', 'created_at or clock; - in front: the last first', parseSort)
    .option('--limit <n>', 'maximum number of records', parseLimit, 100)
    .option('--cursor <cursor>', 'go on behind it; an answer with more prints it', parseId)
    .option('--explain', 'say how the records are found', false)
    .addHelpText(
      'after',
      examples(
        ['spl query act=KNOW --thread th_…', 'of one thread'],
        ["spl query 'body.n>=5' 'body.text~*%tea%'", 'a number, a pattern in any case'],
        ['spl query actor=did:sync:user:ada --sort=-created_at', 'the last first'],
        ['spl query \'{"body.tags[0]": {"$in": ["a", "b"]}}\'', 'a filter as JSON'],
      ),
    )
    .action(async (conditions: readonly Filter[], _options: unknown, command: Command) => {
      const options = optionsOf<QueryOptions>(command)
      const { thread: begun, sort, limit, explain } = options
      if (begun === undefined && conditions.length === 0) {
        throw new CliError(
          'EMPTY_QUERY',
          'a query needs a condition or a thread',
          'spl query act=DO, or spl query --thread <id>; everything: spl export -o records.ndjson',
          EXIT_CODE.usage,
        )
      }
      const client = await daemonClient(options)
      const thread = begun === undefined ? undefined : await wholeThread(client, begun)
      const [only = {}, ...others] = conditions
      const filter = others.length === 0 ? only : { $and: conditions }
      const page = await collectFrom<Page['data'][number], Page>(
        (items, cursor) =>
          client.post('/v1/records/query', { thread, filter, sort, limit: items, cursor, explain }),
        limit,
        options.cursor ?? null,
      )
      if (page.data.length === 0) await requireKnownPlace(client, { thread })
      if (options.json) return printJson(page)
      const rows = page.data.map((record) => [
        shortId(record.thread),
        String(record.clock),
        record.act,
        shortId(record.id),
        recordText(record),
      ])
      if (rows.length === 0) note('no record meets all conditions')
      else print(table(['THREAD', 'CLOCK', 'ACT', 'RECORD', 'TEXT'], rows))
      for (const step of page.plan?.steps ?? []) note(`plan: ${step}`)
      if (page.plan !== undefined) note(`plan: looked at ${countText(page.plan.looked, 'record')}`)
      if (page.has_more) note(`more exist: --limit ${limit * 10}, or --cursor ${page.next_cursor}`)
    })
}
