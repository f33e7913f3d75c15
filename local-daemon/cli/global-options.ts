import type { Command } from 'commander'
import { homeAt, resolveHome, type Home } from '../home/home.ts'

/** Options that every command takes. */
export interface GlobalOptions {
  readonly home?: string
  readonly token?: string
  readonly json?: boolean
}

/** The options of a command together with the global ones, wherever on the line they were written. */
export function optionsOf<Options extends GlobalOptions = GlobalOptions>(
  command: Command,
): Options {
  return command.optsWithGlobals<Options>()
}

/** The home of this call: `--home`, else `SYNCROPEL_HOME`, else `~/.syncro`. */
export function homeOf(options: GlobalOptions): Home {
  return options.home === undefined ? resolveHome(process.env) : homeAt(options.home)
}
