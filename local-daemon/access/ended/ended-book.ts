import { ACCOUNTS_THREAD } from '../../store/daemon-threads.ts'
import {
  countEnded,
  type Ended,
  endedInAny,
  type EndedKind,
  endedOf,
  endedOnlyIn,
} from '../../store/ended/ended.ts'
import type { Store } from '../../store/open-store.ts'
import type { StoredRecord } from '../../store/stored-record.ts'
import { endingOf } from '../account-records.ts'
import type { Identity } from '../identity/identity.ts'
import { ACCESS_LIMITS } from '../limits.ts'
import { redactionClaim } from '../redaction-note.ts'
import { addToEndedList, type EndedList, readEndedList, writeEndedList } from './ended-file.ts'

/** Why the list is behind the store. */
export interface EndedListFailure {
  readonly code: 'ENDED_LIST_UNWRITTEN'
  readonly message: string
  readonly try: string
  /** Since when, Unix time in milliseconds. */
  readonly at: number
}

interface EndedBookParts {
  readonly path: string
  readonly store: Store
  readonly identity: Identity
  /** Identities before this one. */
  readonly lineage: readonly string[]
  /** Told when the list cannot be written, once, until it can be again. */
  readonly onBehind: (failure: EndedListFailure) => void
}

/**
 * Keeps the list of what has ended in step with the store: nobody is told that something was revoked or redacted before the list has
 * it too. If the list cannot be written, the store still counts, and it is tried again.
 */
export class EndedBook {
  readonly #parts: EndedBookParts
  #lines: number
  #failure: EndedListFailure | undefined
  readonly #timer: NodeJS.Timeout
  readonly #unlisten: () => void

  /** @param list as it was read; what the store has ended itself is added to it */
  constructor(parts: EndedBookParts, list: EndedList) {
    this.#parts = parts
    this.#lines = list.lines
    this.#settle(list)
    this.#unlisten = parts.store.commits.add((records) => this.#onCommit(records))
    this.#timer = setInterval(() => this.#failure && this.#rewrite(), ACCESS_LIMITS.endedRetryMs)
    this.#timer.unref()
  }

  /** Undefined while the list has all that the store has. */
  get failure(): EndedListFailure | undefined {
    return this.#failure
  }

  close(): void {
    clearInterval(this.#timer)
    this.#unlisten()
    if (this.#failure) this.#rewrite()
  }

  /** A kill may have come between a commit and the list. */
  #settle(list: EndedList): void {
    const inStore = this.#parts.store.ended()
    const isMissing = inStore !== undefined && countEnded(endedOnlyIn(inStore, list.ended)) > 0
    if (isMissing || !list.isTidy || list.lines > ACCESS_LIMITS.endedLines) this.#rewrite()
  }

  #onCommit(records: readonly StoredRecord[]): void {
    const { path, identity } = this.#parts
    const ended = endedBy(records, identity.did)
    if (ended === undefined) return
    if (this.#failure || this.#lines >= ACCESS_LIMITS.endedLines) return this.#rewrite()
    this.#guarded(() => {
      addToEndedList(path, ended, identity)
      this.#lines += 1
    })
  }

  /** From the list and the store. */
  #rewrite(): void {
    const { path, store, identity, lineage } = this.#parts
    this.#guarded(() => {
      const list = readEndedList(path, [identity.did, ...lineage])
      writeEndedList(path, endedInAny([list.ended, store.ended() ?? list.ended]), identity)
      this.#lines = 1
    })
  }

  #guarded(work: () => void): void {
    try {
      work()
      this.#failure = undefined
    } catch (error) {
      const { path, onBehind } = this.#parts
      const isNew = this.#failure === undefined
      this.#failure = behind(path, error as Error, this.#failure?.at ?? Date.now())
      if (isNew) onBehind(this.#failure)
    }
  }
}

function behind(path: string, { message }: Error, at: number): EndedListFailure {
  const pause = `${ACCESS_LIMITS.endedRetryMs / 1000} s`
  return {
    code: 'ENDED_LIST_UNWRITTEN',
    message: `${path} cannot be written, so an older store that is put back brings back what was revoked or redacted: ${message}`,
    try: `make room, or make the file and its directory writable for the daemon; it is tried again every ${pause}`,
    at,
  }
}

function endedBy(records: readonly StoredRecord[], did: string): Ended | undefined {
  const found: { readonly kind: EndedKind; readonly id: string }[] = []
  for (const record of records) {
    const ending = record.thread === ACCOUNTS_THREAD ? endingOf(record, did) : undefined
    const redacted = redactionClaim(record, [did])?.recordId
    if (ending !== undefined) found.push(ending)
    if (redacted !== undefined) found.push({ kind: 'records', id: redacted })
  }
  if (found.length === 0) return undefined
  return endedOf((kind) => found.filter((one) => one.kind === kind).map(({ id }) => id))
}
