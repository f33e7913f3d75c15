import type { Command } from 'commander'
import { addServiceAccountCreate } from './service-account-create.ts'
import { addServiceAccountDescribe } from './service-account-describe.ts'
import { addServiceAccountList } from './service-account-list.ts'
import { addServiceAccountRevoke } from './service-account-revoke.ts'

export function addServiceAccount(program: Command): void {
  const account = program
    .command('service-account')
    .description('say who may call the daemon, and what each may do')
    .helpCommand(false)
  addServiceAccountCreate(account)
  addServiceAccountList(account)
  addServiceAccountDescribe(account)
  addServiceAccountRevoke(account)
}
