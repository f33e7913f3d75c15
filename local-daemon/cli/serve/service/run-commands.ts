import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Command } from './service-manager.ts'
import { shellCommand } from '../../../problem/shell-word.ts'

const run = promisify(execFile)

/** Milliseconds that one command may take: stopping a daemon may take most of them. */
const COMMAND_MS = 30_000

/** Why the first command that failed did so; undefined if all went well. The rest is not run after it. */
export async function runCommands(commands: readonly Command[]): Promise<string | undefined> {
  for (const [program, ...args] of commands) {
    try {
      await run(program, args, { timeout: COMMAND_MS })
    } catch (error) {
      const { stderr, message } = error as Error & { stderr?: string }
      return `${commandText([program, ...args])}: ${(stderr?.trim() || message).split('\n')[0]}`
    }
  }
  return undefined
}

/** A command as a person types it. */
export function commandText(command: Command): string {
  return shellCommand(command)
}
