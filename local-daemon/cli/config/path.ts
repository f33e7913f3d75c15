import type { Command } from 'commander'
import { tokenFile } from '../client/token-file.ts'
import { homeOf, optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { print, printJson } from '../output/output.ts'
import { readRunningFile } from '../client/running-file.ts'
import { fields } from '../output/table.ts'

export function addConfigPath(config: Command): void {
  config
    .command('path')
    .description('show where the home and the database are (settings are records in the database)')
    .addHelpText('after', examples(['spl config path --json | jq -r .database', 'for scripts']))
    .action((_options: unknown, command: Command) => {
      const options = optionsOf(command)
      const home = homeOf(options)
      const { socket, logFile: log } = home
      // Of the daemon that runs, which may have been given another one with --store.
      const database = readRunningFile(home)?.store ?? home.database
      const paths = { home: home.root, database, token: tokenFile(home), socket, log }
      if (options.json) return printJson({ object: 'paths', ...paths })
      print(
        fields([
          ['Home', paths.home],
          ['Database', database],
          ['Token', paths.token],
          ['Socket', socket],
          ['Log', log],
        ]),
      )
    })
}
