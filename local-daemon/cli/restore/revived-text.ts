import type { Revived } from '../../backup/restore/compare-stores.ts'
import { countText } from '../../problem/count-text.ts'
import { shortId } from '../output/short-id.ts'

/** Most that are named. */
const NAMED = 5

/** What was revoked since a backup, by name, one to a line. */
export function revivedText({ accounts, tokens, invites }: Revived): readonly string[] {
  const names = [
    ...accounts.map(({ id, name }) => `account ${name} (${id})`),
    ...tokens.map(({ token_id, account }) => `token ${shortId(token_id)} of ${account}`),
    ...invites.map(({ id, device }) => `invite ${shortId(id)} for ${device}`),
  ]
  const more = names.length - NAMED
  return [
    ...names.slice(0, NAMED),
    ...(more > 0 ? [`and ${countText(more, 'other', 'others')}`] : []),
  ].map((line) => `  ${line}`)
}
