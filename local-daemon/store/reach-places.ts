import { isInNamespace } from '../../protocol/identity/namespace-name.ts'
import type { Reach } from '../../protocol/identity/reach.ts'
import { isDaemonThread } from './daemon-threads.ts'
import { mergeSeqs, type SeqSource } from './namespaces/merge-seqs.ts'
import type { ThreadRow } from './rows.ts'
import type { Sight } from './sight.ts'
import type { Statements } from './statements.ts'

/** The number of where the daemon's own threads are, and one before every namespace. */
const OWN = 0
const BEFORE_ALL = -1

/**
 * Where the records within a reach are. Each answer costs what it gives and the number of namespaces and threads within the reach,
 * never what is outside: its time tells nothing about that either. A namespace that does not exist yet has no records.
 */
export function createReachPlaces(statements: Statements) {
  /** The numbers of the namespaces and of all below them, each once. */
  function namespacesIn({ namespaces }: Reach): ReadonlySet<number> {
    const numbers = namespaces.flatMap((name) => [
      statements.namespaceByName.get(name)?.id ?? [],
      // `0` comes after `/`: so these are the names below, and `team2` is not below `team`.
      statements.namespacesBelow.all(`${name}/`, `${name}0`),
    ])
    return new Set(numbers.flat())
  }

  /** Threads that are in none of those namespaces: so no record is in two sources. */
  function threadsBeside({ threads }: Reach, namespaces: ReadonlySet<number>): readonly string[] {
    return threads.filter((thread) => {
      const id = isDaemonThread(thread) ? undefined : statements.namespaceOfThread.get(thread)?.id
      return id !== undefined && !namespaces.has(id)
    })
  }

  /** The namespaces that an actor has written in, 0 for the threads of the daemon itself. */
  function* namespacesOf(actor: string): Generator<number> {
    let last = BEFORE_ALL
    for (;;) {
      const next = statements.namespaceOfActorAfter.get(actor, last)
      if (typeof next !== 'number') return
      yield next
      last = next
    }
  }

  function inNamespace(namespace: number, actor: string | undefined, upTo: number): SeqSource {
    return (from, most) =>
      actor === undefined
        ? statements.seqsOfNamespace.all(namespace, from, upTo, most)
        : statements.seqsOfActor.all(actor, namespace, from, upTo, most)
  }

  function inThread(thread: string, actor: string | undefined, upTo: number): SeqSource {
    return (from, most) =>
      actor === undefined
        ? statements.seqsOfThread.all(thread, from, upTo, most)
        : statements.seqsOfBoth.all(thread, actor, from, upTo, most)
  }

  return {
    /** The sequence numbers of the first records with `after < seq <= upTo`, in order, at most `most`. */
    seqs(
      reach: Reach,
      actor: string | undefined,
      [after, upTo]: readonly [number, number],
      most: number,
    ): readonly number[] {
      const namespaces = namespacesIn(reach)
      const sources = [
        ...[...namespaces].map((namespace) => inNamespace(namespace, actor, upTo)),
        ...threadsBeside(reach, namespaces).map((thread) => inThread(thread, actor, upTo)),
      ]
      return mergeSeqs(sources, after, most)
    },

    /** The same for an actor, wherever it has written. */
    seqsOfActor(
      actor: string,
      { withoutOwn }: Sight,
      [after, upTo]: readonly [number, number],
      most: number,
    ): readonly number[] {
      const all = [...namespacesOf(actor)]
      const seen = withoutOwn === true ? all.filter((namespace) => namespace !== OWN) : all
      return mergeSeqs(
        seen.map((namespace) => inNamespace(namespace, actor, upTo)),
        after,
        most,
      )
    },

    /** The sequence number of the newest record, 0 if there is none. */
    head(reach: Reach): number {
      const namespaces = namespacesIn(reach)
      const last = [
        ...[...namespaces].map((namespace) => statements.lastOfNamespace.get(namespace) ?? 0),
        ...threadsBeside(reach, namespaces).map(
          (thread) => statements.threadByName.get(thread)?.last_seq ?? 0,
        ),
      ]
      return last.reduce((one, other) => Math.max(one, other), 0)
    },

    /** Threads that began before a sequence number, the newest first. */
    threads(reach: Reach, before: number, limit: number): readonly ThreadRow[] {
      const namespaces = namespacesIn(reach)
      // Merged descending, by the negative of the number with which a thread began.
      const rows = new Map<number, ThreadRow>()
      const sources = [...namespaces].map((namespace): SeqSource => (from, most) => {
        const read = statements.threadsOfNamespace.all(namespace, -from, most)
        for (const row of read) rows.set(-row.first_seq, row)
        return read.map(({ first_seq: first }) => -first)
      })
      for (const name of threadsBeside(reach, namespaces)) {
        const row = statements.threadByName.get(name)
        if (row === undefined) continue
        rows.set(-row.first_seq, row)
        sources.push((from) => (-row.first_seq > from ? [-row.first_seq] : []))
      }
      return mergeSeqs(sources, -before, limit).flatMap((place) => rows.get(place) ?? [])
    },

    /** What of a reach is in a namespace or below it. */
    within(reach: Reach | undefined, namespace: string): Reach {
      if (reach === undefined) return { namespaces: [namespace], threads: [] }
      const covers = reach.namespaces.some((name) => isInNamespace(namespace, name))
      return {
        namespaces: covers
          ? [namespace]
          : reach.namespaces.filter((name) => isInNamespace(name, namespace)),
        threads: reach.threads.filter((thread) => {
          const name = statements.namespaceOfThread.get(thread)?.name
          return typeof name === 'string' && isInNamespace(name, namespace)
        }),
      }
    },
  }
}
