import type { Command } from 'commander'
import { appendsRecord } from './append-record.ts'
import { examples } from '../help/examples.ts'

export function addKnow(program: Command): void {
  appendsRecord(program.command('know').description('record an observation or a verdict'), {
    act: 'KNOW',
    field: 'text',
  }).addHelpText(
    'after',
    examples(
      ['spl know "it is raining" --thread th_…', 'on a thread'],
      ['spl know "done" --thread th_… --body \'{"fulfills":"<record id>"}\'', 'closes a goal'],
    ),
  )
}
