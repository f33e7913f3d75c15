import type { Command } from 'commander'
import { closest } from '../../../protocol/http/closest.ts'
import { defaultNameOf } from './default-command.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { examples } from './examples.ts'

export function addHelp(program: Command): void {
  program
    .command('help')
    .description('show the help of a command, as --help does')
    .argument('[command...]', 'the command, such as token create (default: all of them)')
    .addHelpText(
      'after',
      examples(
        ['spl help', 'every command'],
        ['spl help token create', 'the same as spl token create --help'],
      ),
    )
    .action((words: readonly string[]) => named(program, words).outputHelp())
}

/** @throws CliError UNKNOWN_COMMAND */
function named(program: Command, words: readonly string[]): Command {
  let command = program
  for (const word of words) {
    const below = command.createHelp().visibleCommands(command)
    const next = below.find((one) => one.name() === word)
    if (next === undefined)
      throw unknown(
        command,
        word,
        below.map((one) => one.name()),
      )
    command = next
  }
  // A group that does something by itself, such as pair, has its help there.
  return command.commands.find((one) => one.name() === defaultNameOf(command)) ?? command
}

function unknown(command: Command, word: string, names: readonly string[]): CliError {
  const guess = closest(word, names)
  const group = command.parent === null ? 'spl' : `spl ${command.name()}`
  return new CliError(
    'UNKNOWN_COMMAND',
    `there is no command '${word}' in ${group}`,
    guess === undefined ? `${group} --help` : `did you mean ${guess}?`,
    EXIT_CODE.usage,
  )
}
