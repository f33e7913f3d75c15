import type { Command } from 'commander'
import { examples } from '../help/examples.ts'
import { addThreadList } from './list.ts'
import { addThreadRecords } from './records.ts'

export function addThread(program: Command): void {
  const thread = program
    .command('thread')
    .description('look at threads')
    .helpCommand(false)
    .addHelpText(
      'after',
      examples(
        ['spl thread list', 'the newest threads'],
        ['spl thread records th_…', 'what was said on one'],
      ),
    )
  addThreadList(thread)
  addThreadRecords(thread)
}
