import type { Command } from 'commander'
import { addThreadList } from './thread-list.ts'
import { addThreadRecords } from './thread-records.ts'

export function addThread(program: Command): void {
  const thread = program.command('thread').description('look at threads').helpCommand(false)
  addThreadList(thread)
  addThreadRecords(thread)
}
