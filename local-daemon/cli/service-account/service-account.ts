import type { Command } from 'commander'
import { examples } from '../help/examples.ts'
import { addServiceAccountCreate } from './create.ts'
import { addServiceAccountDescribe } from './describe.ts'
import { addServiceAccountList } from './list.ts'
import { addServiceAccountRevoke } from './revoke.ts'

export function addServiceAccount(program: Command): void {
  const account = program
    .command('service-account')
    .description('manage who may call the daemon, and what each account may do')
    .helpCommand(false)
    .addHelpText(
      'after',
      examples(
        ['spl service-account list', 'who has access'],
        ['spl service-account create --name ci --with-token', 'add one, with a bearer token'],
      ),
    )
  addServiceAccountCreate(account)
  addServiceAccountList(account)
  addServiceAccountDescribe(account)
  addServiceAccountRevoke(account)
}
