import type { Command } from 'commander'
import { VERSION } from '../../config/version.ts'
import { optionsOf } from '../global-options.ts'
import { examples } from '../help-examples.ts'
import { print, printJson } from '../output.ts'

export function addVersion(program: Command): void {
  program
    .command('version')
    .description('print the version of spl and of Node.js')
    .addHelpText('after', examples(['spl version --json', 'for scripts']))
    .action((_options: unknown, command: Command) => {
      const about = { object: 'version', version: VERSION, node: process.versions.node } as const
      if (optionsOf(command).json) printJson(about)
      else print(`spl ${about.version} (node ${about.node})`)
    })
}
