import { countText } from '../../problem/count-text.ts'
import type { Command } from 'commander'
import type { z } from 'zod'
import type { FoundRecords, SearchIndexState } from '../../http/schemas/find-schemas.ts'
import { collectPages, type List } from '../client/collect-pages.ts'
import { daemonClient } from '../client/daemon-client.ts'
import { requireKnownPlace } from '../client/known-place.ts'
import { wholeThread } from '../client/whole-id.ts'
import { optionsOf, type GlobalOptions } from '../global-options.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { examples } from '../help/examples.ts'
import { note, print, printJson } from '../output/output.ts'
import { shortId } from '../output/short-id.ts'
import { table } from '../output/table.ts'
import { shownSnippet } from './shown-snippet.ts'
import { textWidth } from '../output/text-width.ts'
import { parseId } from '../parse/id.ts'
import { parseLimit } from '../parse/limit.ts'
import { parseNamespace } from '../parse/namespace.ts'

type Page = z.infer<typeof FoundRecords>
type Index = z.infer<typeof SearchIndexState>

interface SearchOptions extends GlobalOptions {
  readonly limit: number
  readonly thread?: string
  readonly actor?: string
  readonly namespace?: string
  readonly rebuild: boolean
}

export function addSearch(program: Command): void {
  program
    .command('search')
    .description('find records by words in their bodies, the newest first')
    .argument('[word...]', 'words that must all be there; in "…": as they stand')
    .option('--thread <thread>', 'only records of this thread', parseId)
    .option('--actor <did>', 'only records of this actor', parseId)
    .option('--namespace <name>', 'only what is in it and below it', parseNamespace)
    .option('--limit <n>', 'maximum number of records', parseLimit, 20)
    .option('--rebuild', 'make the index anew instead of searching', false)
    .addHelpText(
      'after',
      examples(
        ['spl search oolong price', 'records with both, in any order and letter case'],
        ['spl search \'"two words"\'', 'as they stand'],
        ['spl search example.com --thread th_…', 'nothing in a word is syntax'],
        ['spl search -- -v', 'a word that begins with -'],
        ['spl search --rebuild', 'make the index anew; spl keeps searching'],
      ),
    )
    .action(async (words: readonly string[], _options: unknown, command: Command) => {
      const options = optionsOf<SearchOptions>(command)
      const { thread: begun, actor, namespace, limit } = options
      if (options.rebuild && words.length > 0) {
        throw new CliError(
          'USAGE',
          '--rebuild takes no words: it makes the index anew and searches nothing',
          'spl search --rebuild, or spl search <word>',
          EXIT_CODE.usage,
        )
      }
      const client = await daemonClient(options)
      if (options.rebuild) {
        const index = await client.post<Index>('/v1/search/rebuild', {})
        if (index.problem !== null) {
          throw new CliError(
            'INDEX_FAILING',
            `the index cannot be made anew: ${index.problem}`,
            'take away what is in the place of hub.search.db in the home; spl tries again by itself',
          )
        }
        if (options.json) return printJson(index)
        return note(`the index is being made anew: ${countText(index.behind, 'record')} to go`)
      }
      const thread = begun === undefined ? undefined : await wholeThread(client, begun)
      const page = (await collectPages<Page['data'][number]>(client, '/v1/search', limit, {
        q: words.join(' '),
        ...(thread !== undefined && { thread }),
        ...(actor !== undefined && { actor }),
        ...(namespace !== undefined && { namespace }),
      })) as List<Page['data'][number]> & Page
      if (page.data.length === 0) await requireKnownPlace(client, { thread, namespace })
      if (options.json) return printJson(page)
      const before = page.data.map(({ thread: of, id, matches: [first] }) => [
        shortId(of),
        shortId(id),
        first?.field ?? '',
      ])
      const room = roomAfter(before)
      const rows = page.data.map(({ matches: [first] }, at) => [
        ...(before[at] ?? []),
        shownSnippet(first?.snippet ?? '', words.join(' '), room),
      ])
      if (rows.length === 0) note('no record has all these words')
      else print(table([...COLUMNS, 'TEXT'], rows))
      if (page.has_more) note(`more exist: --limit ${limit * 10}`)
      if (!page.index.complete) {
        note(`the index is ${countText(page.index.behind, 'record')} behind: try again in a while`)
      }
    })
}

const COLUMNS = ['THREAD', 'RECORD', 'WHERE'] as const

/** Columns of the terminal that the other cells leave for the text, as `table` lays them out. */
function roomAfter(rows: readonly (readonly string[])[]): number {
  const widths = COLUMNS.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => textWidth(row[column] ?? ''))),
  )
  const columns = process.stdout.columns || Number.POSITIVE_INFINITY
  return widths.reduce((room, width) => room - width - 2, columns)
}
