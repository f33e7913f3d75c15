import type { Command } from 'commander'
import { appendsRecord } from './append-record.ts'
import { examples } from '../help/examples.ts'

export function addIntend(program: Command): void {
  appendsRecord(
    program.command('intend').description('state a goal; without --thread it opens a new thread'),
    {
      act: 'INTEND',
      field: 'goal',
      opensThread: true,
    },
  ).addHelpText(
    'after',
    examples(
      ['spl intend "paint the shed"', 'opens a thread and prints its id'],
      ['spl intend "paint the shed" --namespace home', 'in a namespace'],
      ['spl intend "buy paint" --thread th_…', 'another goal on a thread'],
      ['spl intend "ship" --body \'{"priority":1}\' --json', 'more fields, for scripts'],
    ),
  )
}
