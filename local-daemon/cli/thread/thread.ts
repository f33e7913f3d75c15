import type { Command } from 'commander'
import { examples } from '../help/examples.ts'
import { addThreadList } from './list.ts'
import { addThreadRecords } from './records.ts'
import { addThreadShow } from './show.ts'

export function addThread(program: Command): void {
  const thread = program
    .command('thread')
    .description('list threads and show their records')
    .helpCommand(false)
    .addHelpText(
      'after',
      examples(
        ['spl thread list', 'the newest threads'],
        ['spl thread records th_…', 'the records of one'],
      ),
    )
  addThreadList(thread)
  addThreadRecords(thread)
  addThreadShow(thread)
}
