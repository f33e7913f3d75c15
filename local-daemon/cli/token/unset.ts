import { unlink } from 'node:fs/promises'
import type { Command } from 'commander'
import { tokenFile } from '../client/token-file.ts'
import { homeOf, optionsOf } from '../global-options.ts'
import { examples } from '../help/examples.ts'
import { note, print, printJson, warn } from '../output/output.ts'

export function addTokenUnset(token: Command): void {
  token
    .command('unset')
    .description('remove the saved bearer token from the home; it stays valid until it is revoked')
    .addHelpText('after', examples(['spl token unset', 'removes the file']))
    .action(async (_options: unknown, command: Command) => {
      const options = optionsOf(command)
      const path = tokenFile(homeOf(options))
      const status = (await remove(path)) ? 'removed' : 'absent'
      if (options.json) printJson({ object: 'token_file', status, path })
      else if (status === 'removed') print(`removed ${path}`)
      else note(`there is no ${path}`)
      if (process.env['SPL_TOKEN']) warn('SPL_TOKEN is set and still used')
    })
}

async function remove(path: string): Promise<boolean> {
  try {
    await unlink(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
