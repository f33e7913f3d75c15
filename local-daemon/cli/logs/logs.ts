import type { Command } from 'commander'
import { optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { parseLines } from '../parse/lines.ts'
import { type LogsOptions, showLogs } from './show-logs.ts'

export function addLogs(program: Command): void {
  program
    .command('logs')
    .description('show the log of the daemon, whether or not it runs')
    .option('-n, --lines <count>', 'lines of what is there already', parseLines, 100)
    .option('-f, --follow', 'go on with what comes, until Ctrl-C', false)
    .addHelpText(
      'after',
      examples(
        ['spl logs -n 20', 'the last lines'],
        ['spl logs -f', 'as they come'],
        ["spl logs -n 9999 --json | jq 'select(.level >= 40)'", 'warnings and errors alone'],
      ),
    )
    .action((_options: unknown, command: Command) => showLogs(optionsOf<LogsOptions>(command)))
}
