/** What can end for good: accounts, tokens and invites, and the bodies of records. */
export const ENDED_KINDS = ['accounts', 'tokens', 'invites', 'records'] as const
export type EndedKind = (typeof ENDED_KINDS)[number]

/** Ids of what has ended, whatever a copy of a store says of it: revoked, redeemed, redacted. Ids of records are 64 hex digits. */
export type Ended = Readonly<Record<EndedKind, ReadonlySet<string>>>

export const NOTHING_ENDED: Ended = endedOf(() => [])

/** Made of lists of ids, one for each kind. */
export function endedOf(idsOf: (kind: EndedKind) => Iterable<string>): Ended {
  const [accounts, tokens, invites, records] = ENDED_KINDS.map((kind) => new Set(idsOf(kind))) as [
    Set<string>,
    Set<string>,
    Set<string>,
    Set<string>,
  ]
  return { accounts, tokens, invites, records }
}

/** What ended in any of them, the first ones first. */
export function endedInAny(all: readonly Ended[]): Ended {
  return endedOf((kind) => all.flatMap((one) => [...one[kind]]))
}

/** What ended in one and not in the other. */
export function endedOnlyIn(one: Ended, other: Ended): Ended {
  return endedOf((kind) => [...one[kind]].filter((id) => !other[kind].has(id)))
}

export function countEnded(ended: Ended): number {
  return ENDED_KINDS.reduce((sum, kind) => sum + ended[kind].size, 0)
}
