import type { Reach } from '../../protocol/identity/reach.ts'
import { isDaemonThread } from './daemon-threads.ts'
import type { ThreadRow } from './rows.ts'
import type { Statements } from './statements.ts'

/**
 * Where the records within a reach are. Each answer costs what is within the reach, never what is outside: its time tells
 * nothing about that either.
 */
export function createReachPlaces(statements: Statements) {
  return {
    /** The sequence numbers of the first records with `after < seq <= upTo`, in order, at most `most`. */
    seqs(
      reach: Reach,
      actor: string | undefined,
      [after, upTo]: readonly [number, number],
      most: number,
    ): readonly number[] {
      const found = threadsOf(reach).flatMap((thread) =>
        actor === undefined
          ? statements.seqsOfThread.all(thread, after, upTo, most)
          : statements.seqsOfBoth.all(thread, actor, after, upTo, most),
      )
      return found.toSorted((one, other) => one - other).slice(0, most)
    },

    /** The sequence number of the newest record, 0 if there is none. */
    head(reach: Reach): number {
      const last = threadsOf(reach).map((name) => statements.threadByName.get(name)?.last_seq ?? 0)
      return Math.max(0, ...last)
    },

    /** Threads that began before a sequence number, the newest first. */
    threads(reach: Reach, before: number, limit: number): readonly ThreadRow[] {
      return threadsOf(reach)
        .flatMap((name) => statements.threadByName.get(name) ?? [])
        .filter((row) => row.first_seq < before)
        .toSorted((one, other) => other.first_seq - one.first_seq)
        .slice(0, limit)
    },
  }
}

function threadsOf({ threads }: Reach): readonly string[] {
  return threads.filter((thread) => !isDaemonThread(thread))
}
