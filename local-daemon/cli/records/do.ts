import type { Command } from 'commander'
import { appendsRecord } from './append-record.ts'
import { examples } from '../help/examples.ts'

export function addDo(program: Command): void {
  appendsRecord(program.command('do').description('record an action that was done'), {
    act: 'DO',
    field: 'text',
  }).addHelpText(
    'after',
    examples(
      ['spl do "bought the paint" --thread th_…', 'on a thread'],
      ['spl do "never mind" --thread th_… --body \'{"cancels":"<record id>"}\'', 'cancels'],
    ),
  )
}
