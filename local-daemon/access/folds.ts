import { settingFold } from '../settings/setting-records.ts'
import type { Predecessors } from '../store/predecessors.ts'
import type { Fold } from '../store/transactor.ts'
import { accountFold } from './account-records.ts'
import { namespaceFold } from './namespace-records.ts'

/** The tables that a daemon keeps from records: accounts, settings, namespaces. @param owner its did:key */
export function daemonFolds(owner: string, predecessors?: Predecessors): readonly Fold[] {
  return [
    accountFold(owner, predecessors),
    settingFold(owner, predecessors),
    namespaceFold(owner, predecessors),
  ]
}
