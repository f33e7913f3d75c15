import {
  canonicalReach,
  narrows,
  type Reach,
  ReachError,
  SCOPES_WITHOUT_REACH,
} from '../../../protocol/identity/reach.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import type { StoreReader } from '../../store/reader.ts'
import type { AccountRow, TokenRow } from '../../store/rows.ts'
import { nowSeconds, storedReach } from '../accounts.ts'

/** What a token is made from: an account, a bearer or an invite. */
interface Grant {
  readonly scopes: readonly string[]
  readonly reach: Reach | undefined
}

/** What a token of an account is made from. */
export function grantOf({ scopes, reach }: Pick<AccountRow, 'scopes' | 'reach'>): Grant {
  return { scopes: JSON.parse(scopes) as readonly string[], reach: storedReach(reach) }
}

/** Where threads are, for whether a thread is in a namespace that is reached. A thread never moves. */
type Places = Pick<StoreReader, 'namespaceOf'>

/**
 * The reach of a token that is made from a grant: the grant's own, or what was asked if that is no wider.
 * @throws ProblemError INVALID_REQUEST with the field `reach`, in the same words whether what was asked exists or not
 */
export function narrowedReach(
  grant: Grant,
  asked: Reach | undefined,
  { namespaceOf }: Places,
): Reach | undefined {
  if (asked === undefined) return grant.reach
  const reach = canonicalReach(asked)
  if (grant.scopes.some((scope) => SCOPES_WITHOUT_REACH.has(scope))) {
    const which = [...SCOPES_WITHOUT_REACH].join(', ')
    throw new ProblemError('INVALID_REQUEST', `A reach does not go with the scopes ${which}`, {
      field: 'reach',
      try: 'Make another account, with scopes for records alone: spl service-account create --reach.',
    })
  }
  if (narrows(grant.reach, reach, namespaceOf)) return reach
  throw new ProblemError(
    'INVALID_REQUEST',
    'The reach is wider than the one that it is made from',
    {
      field: 'reach',
      try: 'Name only what that reaches: GET /v1/identity shows yours; spl service-account describe and spl pair invites show others.',
    },
  )
}

/**
 * The reach of the token that replaces others of an account: where they reached together, so nobody gets more than there
 * was. Those that have expired count only if all have. Without any, the account's.
 * @throws ProblemError INVALID_REQUEST if that is more than one reach can name
 */
export function replacingReach(
  account: Pick<AccountRow, 'reach'>,
  replaced: readonly TokenRow[],
): Reach | undefined {
  const now = nowSeconds()
  const valid = replaced.filter(({ expires_at: end }) => end === null || end > now)
  const reaches = (valid.length > 0 ? valid : replaced).map(({ reach }) => storedReach(reach))
  const bounded = reaches.filter((reach) => reach !== undefined)
  if (reaches.length === 0 || bounded.length < reaches.length) return storedReach(account.reach)
  try {
    return canonicalReach({
      namespaces: bounded.flatMap(({ namespaces }) => namespaces),
      threads: bounded.flatMap(({ threads }) => threads),
    })
  } catch (error) {
    if (!(error instanceof ReachError)) throw error
    throw new ProblemError('INVALID_REQUEST', `Together with the others, ${error.message}`, {
      field: 'reach',
      try: 'Say where the new one reaches (spl token rotate --reach), or revoke some of the others first.',
    })
  }
}
