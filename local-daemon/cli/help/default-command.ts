import type { Command } from 'commander'

/** The command that a group is when none of its own is named; commander has no public way to ask for `isDefault`. */
export function defaultNameOf(command: Command): unknown {
  return Reflect.get(command, '_defaultCommandName')
}
