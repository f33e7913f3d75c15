import { ProblemError } from '../problem/problem-error.ts'
import { type ClaimRules, type ClaimVerdict, decideClaim } from './actor-claim.ts'
import { accountDid, type Principal } from './principal.ts'

export interface RecordActor {
  readonly actor: string
  readonly verdict: Exclude<ClaimVerdict, 'denied'>
}

/**
 * The actor of a record: the one it names, or the header's, or the account itself. Header and
 * record must not differ. Throws `ProblemError`: `DID_CLAIM_DENIED`, `INVALID_RECORD` if no actor is named.
 * @param header `X-Syncropel-Actor`, which was checked separately before
 */
export function recordActor(
  principal: Principal,
  header: string | null,
  named: string | undefined,
  rules: ClaimRules,
): RecordActor {
  if (header !== null && named !== undefined && header !== named) {
    throw new ProblemError('DID_CLAIM_DENIED', 'The header claims another actor than the record', {
      field: 'actor',
      try: 'Name the same actor in both, or leave one out.',
    })
  }
  const own = principal.kind === 'account' ? accountDid(principal.account) : undefined
  const actor = named ?? header ?? own
  if (actor === undefined) {
    throw new ProblemError('INVALID_RECORD', 'actor is missing', {
      field: 'actor',
      try: 'Name who acts, as a DID such as did:sync:user:ada.',
    })
  }
  const verdict = decideClaim(principal, actor, 'record', rules)
  if (verdict !== 'denied') return { actor, verdict }
  throw new ProblemError('DID_CLAIM_DENIED', `This bearer token may not act as ${actor}`, {
    field: 'actor',
    try: `Use a token whose account lists that actor (spl service-account create --actors), or leave actor out to write as ${own ?? 'the account itself'}.`,
  })
}
