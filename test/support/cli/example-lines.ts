import type { Command } from 'commander'
import { splProgram } from '../../../local-daemon/cli/spl.ts'

/** Every call of `spl` in the examples of a help text or in the shell blocks of a page, as words. */
export function callsIn(text: string): string[][] {
  return text
    .replaceAll(/ \\\n\s*/gu, ' ')
    .split('\n')
    .flatMap((line) => callsInLine(line))
}

/** `T=$(spl token create) | spl token save -  # why`: each `spl` begins a call, which the shell's signs end. */
function callsInLine(line: string): string[][] {
  const calls: string[][] = []
  let call: string[] | undefined
  for (const [, quoted, double, sign, word] of line.matchAll(
    /'([^']*)'|"([^"]*)"|(\s#.*|[|()<>;]|&&|[A-Z_]+=\$?)|([^\s'"|()<>;&]+)/gu,
  )) {
    if (sign !== undefined) call = undefined
    else if (call === undefined && word === 'spl') calls.push((call = []))
    else call?.push(quoted ?? double ?? word ?? '')
  }
  return calls
}

/**
 * Lets commander read a call as the real command line does, and runs nothing.
 *
 * @returns the name of the command that would run
 * @throws CommanderError the error that the command line shows
 */
export async function readCall(words: readonly string[]): Promise<string> {
  const program = splProgram()
  let ran: string | undefined
  silence(program, '', (name) => (ran = name))
  await program.parseAsync([...words], { from: 'user' })
  if (ran === undefined) throw new Error(`nothing runs on: spl ${words.join(' ')}`)
  return ran
}

function silence(command: Command, name: string, onRun: (name: string) => void): void {
  command.configureOutput({ writeOut: () => {}, writeErr: () => {}, outputError: () => {} })
  if (command.commands.length === 0) command.action(() => onRun(name))
  for (const one of command.commands) {
    const hidden = command
      .createHelp()
      .visibleCommands(command)
      .every((shown) => shown !== one)
    silence(one, hidden && name !== '' ? name : `${name} ${one.name()}`.trim(), onRun)
  }
}
