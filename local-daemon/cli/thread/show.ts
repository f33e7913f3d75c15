import { countText } from '../../problem/count-text.ts'
import type { Command } from 'commander'
import type { z } from 'zod'
import type { ThreadState } from '../../http/schemas/find-schemas.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { daemonClient } from '../client/daemon-client.ts'
import { wholeThread } from '../client/whole-id.ts'
import { optionsOf, type GlobalOptions } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { note, print, printJson } from '../output/output.ts'
import { shortTime } from '../output/local-time.ts'
import { fields, table } from '../output/table.ts'
import { parseId } from '../parse/id.ts'

/** Actors that are shown; `thread_state` of the HTTP interface has pages of them. */
const MOST_ACTORS = 1_000

export function addThreadShow(thread: Command): void {
  thread
    .command('show')
    .description('show how far a thread is, and the clocks of its actors')
    .argument('<thread>', 'id of the thread, or its beginning', parseId)
    .addHelpText(
      'after',
      examples(
        ['spl thread show th_…', 'counts, times and clocks'],
        ['spl thread show th_… --json | jq .last_clock', 'the highest clock'],
      ),
    )
    .action(async (id: string, _options: unknown, command: Command) => {
      const options = optionsOf<GlobalOptions>(command)
      const client = await daemonClient(options)
      const thread = await wholeThread(client, id)
      const path = `/v1/threads/${encodeURIComponent(thread)}/state?limit=${MOST_ACTORS}`
      const state = await client.get<z.infer<typeof ThreadState>>(path)
      if (options.json) return printJson(state)
      print(
        fields([
          ['Thread', state.id],
          ['Namespace', state.namespace ?? undefined],
          ['Goal', state.goal ?? undefined],
          ['Records', String(state.records)],
          ['Begun', shortTime(state.created_at / 1000)],
          ['Updated', shortTime(state.updated_at / 1000)],
          ['Last clock', String(state.last_clock)],
        ]),
      )
      const rows = Object.entries(state.actor_clocks).map(([actor, clock]) => [
        clock < LIMITS.recordClock ? String(clock + 1) : 'leave it out',
        actor,
      ])
      print(`\n${table(['NEXT CLOCK', 'ACTOR'], rows)}`)
      if (state.has_more)
        note(`${countText(state.actors - rows.length, 'more actor')}: see next_cursor of --json`)
    })
}
