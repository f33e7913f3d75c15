import { tellEach } from '../../../protocol/tell-each.ts'
import type { CommitListeners } from '../commit-listeners.ts'
import { type StoredRecord, syncJson } from '../stored-record.ts'

/** A record on its way to feeds: serialised once for all readers. */
export interface FeedRecord {
  readonly seq: number
  /** 64 hex digits. */
  readonly id: string
  readonly thread: string
  /** The form of event streams, as JSON text. */
  readonly json: string
}

/** A feed in its cutover or live phase. */
export interface FeedMember {
  offer(records: readonly FeedRecord[]): void
}

/** Hands each commit to every live feed. */
export class FeedHub {
  readonly #commits: CommitListeners
  readonly #members = new Set<FeedMember>()
  #leaveCommits: (() => void) | undefined

  constructor(commits: CommitListeners) {
    this.#commits = commits
  }

  get size(): number {
    return this.#members.size
  }

  join(member: FeedMember): void {
    this.#members.add(member)
    this.#leaveCommits ??= this.#commits.add((records) => this.#fanOut(records))
  }

  leave(member: FeedMember): void {
    this.#members.delete(member)
    if (this.#members.size > 0) return
    this.#leaveCommits?.()
    this.#leaveCommits = undefined
  }

  #fanOut(records: readonly StoredRecord[]): void {
    const written = records.map(toFeedRecord)
    tellEach(this.#members, (member) => member.offer(written), this.#commits.onFault)
  }
}

export function toFeedRecord(record: StoredRecord): FeedRecord {
  return { seq: record.seq, id: record.id, thread: record.thread, json: syncJson(record) }
}
