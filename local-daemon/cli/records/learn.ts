import type { Command } from 'commander'
import { appendsRecord } from './append-record.ts'
import { examples } from '../help/examples.ts'

export function addLearn(program: Command): void {
  appendsRecord(program.command('learn').description('record a lasting decision'), {
    act: 'LEARN',
    field: 'text',
  }).addHelpText(
    'after',
    examples(
      ['spl learn "we paint in spring" --thread th_…', 'on a thread'],
      ['spl learn "tabs" --thread th_style --actor did:sync:agent:lint', 'as another actor'],
    ),
  )
}
