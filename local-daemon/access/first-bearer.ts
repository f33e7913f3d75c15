import type { Store } from '../store/open-store.ts'
import type { Accounts } from './accounts.ts'

/** On the first start of a home without a bootstrap token: the admin's bearer, which is never shown again. */
export async function firstBearer(
  { store, accounts }: { readonly store: Store; readonly accounts: Accounts },
  bootstrapToken: string | undefined,
): Promise<string | undefined> {
  // A store with any record is no first start, whatever its tables say: nobody has asked for a new bearer.
  if (bootstrapToken !== undefined || store.head() > 0) return undefined
  return (await accounts.createWithToken({ name: 'admin', scopes: ['admin'] }, null)).token
}
