import type { Command } from 'commander'
import { examples } from '../help/examples.ts'
import { addServiceAccountCreate } from './create.ts'
import { addServiceAccountDescribe } from './describe.ts'
import { addServiceAccountList } from './list.ts'
import { addServiceAccountRevoke } from './revoke.ts'

export function addServiceAccount(program: Command): void {
  const account = program
    .command('service-account')
    .description('say who may call the daemon, and what each may do')
    .helpCommand(false)
    .addHelpText(
      'after',
      examples(
        ['spl service-account list', 'who has access'],
        ['spl service-account create --name ci --with-token', 'one more, with a bearer'],
      ),
    )
  addServiceAccountCreate(account)
  addServiceAccountList(account)
  addServiceAccountDescribe(account)
  addServiceAccountRevoke(account)
}
