import type { Command } from 'commander'
import { examples } from '../help/examples.ts'
import { addTokenCreate } from './create.ts'
import { addTokenInfo } from './info.ts'
import { addTokenList } from './list.ts'
import { addTokenRevoke } from './revoke.ts'
import { addTokenRotate } from './rotate.ts'
import { addTokenSave } from './save.ts'
import { addTokenShowSource } from './show-source.ts'
import { addTokenUnset } from './unset.ts'

export function addToken(program: Command): void {
  const token = program
    .command('token')
    .description('create and revoke bearer tokens, and save the one that this command line sends')
    .helpCommand(false)
    .addHelpText(
      'after',
      examples(
        ['spl token list', 'by hash, never the secret'],
        ['spl token rotate sa_…', 'a new bearer token for an account'],
        ['spl token show-source', 'which one this command line sends'],
      ),
    )
  addTokenCreate(token)
  addTokenList(token)
  addTokenRotate(token)
  addTokenRevoke(token)
  addTokenInfo(token)
  addTokenSave(token)
  addTokenUnset(token)
  addTokenShowSource(token)
}
