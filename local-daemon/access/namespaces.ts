import { DEFAULT_NAMESPACE } from '../../protocol/identity/namespace-name.ts'
import { ProblemError } from '../problem/problem-error.ts'
import { requireAbove } from '../store/namespaces/require-namespace.ts'
import type { Store } from '../store/open-store.ts'
import { predecessorsIn } from '../store/predecessors.ts'
import { replay } from '../store/replay.ts'
import type { NamespaceRow } from '../store/rows.ts'
import type { StoreTransactor } from '../store/transactor.ts'
import { nowSeconds } from './accounts.ts'
import type { Identity } from './identity/identity.ts'
import { ACCESS_LIMITS } from './limits.ts'
import { namespaceDraft, namespaceFold } from './namespace-records.ts'

/** What changes of a namespace; what is absent stays as it is. */
export interface NamespaceChange {
  readonly archived?: boolean | undefined
  readonly description?: string | null | undefined
}

/** Changes of namespaces, each a record and durable when its promise resolves. */
export class Namespaces {
  readonly #store: Store
  readonly #identity: Identity
  readonly #lineage: readonly string[]

  /** @param lineage identities that this one replaced, the newest first */
  constructor(store: Store, identity: Identity, lineage: readonly string[] = []) {
    this.#store = store
    this.#identity = identity
    this.#lineage = lineage
  }

  /**
   * Makes a namespace; one that is there already stays as it is. Returns whether it is new. Throws `ProblemError`
   * `NAMESPACE_REJECTED` if it is archived, if one above it is missing or archived, or if the store has as many as it may.
   * @param name checked by `isNamespaceName`
   */
  create(name: string, description: string | null): Promise<boolean> {
    return this.#store.transact((tx) => {
      requireAbove(tx, name)
      const existing = tx.namespace(name)
      if (existing !== undefined) {
        if (existing.archived_at === null) return false
        throw new ProblemError('NAMESPACE_REJECTED', `The namespace ${name} is archived`, {
          field: 'name',
          try: `spl namespace restore ${name} opens it again, with what is in it.`,
        })
      }
      if (tx.hasNamespacesBeyond(ACCESS_LIMITS.namespaces - 1)) {
        throw new ProblemError(
          'NAMESPACE_REJECTED',
          `The daemon has ${ACCESS_LIMITS.namespaces} namespaces, archived ones included: it takes no more`,
          { field: 'name', try: 'Use one that exists: spl namespace list' },
        )
      }
      this.#state(tx, name, { archived: false, description })
      return true
    })
  }

  /**
   * Archives a namespace, opens it again, or describes it. Archiving closes everything below it too, and opening it leaves
   * closed what was archived by itself. Throws `ProblemError` `NOT_FOUND`, and `NAMESPACE_REJECTED` for `default`.
   */
  change(name: string, change: NamespaceChange): Promise<void> {
    return this.#store.transact((tx) => {
      const row = requireKnown(tx, name)
      if (name === DEFAULT_NAMESPACE) {
        throw new ProblemError('NAMESPACE_REJECTED', `${name} is always there as it is`, {
          field: 'name',
          try: 'Archive the namespaces that you created: spl namespace list',
        })
      }
      const { archived = row.archived_at !== null, description = row.description } = change
      if (archived === (row.archived_at !== null) && description === row.description) return
      this.#state(tx, name, { archived, description })
    })
  }

  /** Rebuilds the table from its records, in one transaction. */
  rebuild(): Promise<void> {
    return this.#store.transact((tx) => {
      tx.tables.clearNamespaces.run()
      const { did } = this.#identity
      replay(tx, namespaceFold(did, predecessorsIn(tx, did, this.#lineage)))
    })
  }

  #state(
    tx: StoreTransactor,
    name: string,
    { archived, description }: { readonly archived: boolean; readonly description: string | null },
  ): void {
    const status = archived ? 'archived' : 'active'
    const body = {
      topic: 'namespace_entry',
      name,
      status,
      description,
      changed_at: nowSeconds(),
    } as const
    tx.append(namespaceDraft(this.#identity.did, body))
  }
}

/** Throws `ProblemError` `NOT_FOUND` for a namespace that does not exist. */
function requireKnown(tx: StoreTransactor, name: string): NamespaceRow {
  const row = tx.namespace(name)
  if (row !== undefined) return row
  throw new ProblemError('NOT_FOUND', `There is no namespace ${name} here`, {
    try: 'See spl namespace list for all of them.',
  })
}
