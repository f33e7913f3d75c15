import type { Command } from 'commander'
import { splProgram } from '../../../local-daemon/cli/spl.ts'
import { plain } from '../../support/cli/plain.ts'

/** A command as it is called, such as `thread list`; the root is the empty name. */
export interface NamedCommand {
  readonly name: string
  readonly command: Command
  /** It has commands below it, and does nothing by itself. */
  readonly isGroup: boolean
}

/** Every command that help shows. `pair` does something by itself, and has commands below it too. */
export function commandTree(program: Command = splProgram()): readonly NamedCommand[] {
  return below(program, '')
}

function below(command: Command, name: string): NamedCommand[] {
  const shown = command.createHelp().visibleCommands(command)
  const own = { name, command, isGroup: shown.length > 0 && name !== 'pair' }
  return [
    own,
    ...shown.flatMap((one) => below(one, name === '' ? one.name() : `${name} ${one.name()}`)),
  ]
}

/** The whole help of a command in so many columns. */
export function helpOf({ name, command }: NamedCommand, columns: number): string {
  const shown = name === 'pair' ? (command.commands[0] ?? command) : command
  let text = ''
  shown.configureOutput({
    writeOut: (part) => (text += plain(part)),
    getOutHelpWidth: () => columns,
    getOutHasColors: () => false,
  })
  shown.outputHelp()
  return text
}
