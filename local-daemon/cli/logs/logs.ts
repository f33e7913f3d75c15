import type { Command } from 'commander'
import { optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { parseLines } from '../parse/lines.ts'
import { type LogsOptions, showLogs } from './show-logs.ts'

export function addLogs(program: Command): void {
  program
    .command('logs')
    .description('show the log of the daemon, whether or not it runs')
    .option('-n, --lines <count>', 'how many of the last lines to show', parseLines, 100)
    .option('-f, --follow', 'follow the log until Ctrl-C', false)
    .addHelpText(
      'after',
      examples(
        ['spl logs -n 20', 'the last lines'],
        ['spl logs -f', 'as they come'],
        ["spl logs -n 9999 --json | jq 'select(.level >= 40)'", 'only warnings and errors'],
      ),
    )
    .action((_options: unknown, command: Command) => showLogs(optionsOf<LogsOptions>(command)))
}
