import { countText } from '../../problem/count-text.ts'
import { localTime } from '../output/local-time.ts'
import { note, noteNext, print, warn } from '../output/output.ts'
import { fields } from '../output/table.ts'
import type { Restored } from './restored.ts'

/** What was done, and what its owner must know. */
export function showRestored(restored: Restored): void {
  print(
    fields([
      ['Restored', restored.backup],
      ['Made', restored.made_at === null ? undefined : localTime(restored.made_at)],
      ['Records', String(restored.records)],
      ['Replaced', restored.replaced ?? 'nothing: there was no store'],
    ]),
  )
  note('Readers start from the beginning (CURSOR_EPOCH_CHANGED), and know records by their ids.')
  const { revived, revoked_again: again } = restored
  if (restored.replaced !== null && revived === null) {
    warn(
      'the old store could not be read: tokens that were revoked since the backup are valid again',
    )
    noteNext('try', 'spl token list; spl token revoke <id>; spl service-account revoke <id>')
  }
  const count = revived === null ? 0 : countOf(revived)
  if (count > 0 && again)
    note(
      `revoked again: ${countText(count, 'account, token or invite', 'accounts, tokens and invites')}`,
    )
  if (count > 0 && !again) {
    warn(
      `${countText(count, 'account, token or invite that was revoked is', 'accounts, tokens and invites that were revoked are')} valid again (--no-revoke)`,
    )
  }
  if (restored.redacted_again > 0) {
    note(
      `redacted again: ${countText(restored.redacted_again, 'record')}; the backup still has what was in them`,
    )
  }
  if (restored.ended_list !== 'whole') {
    const known = restored.replaced === null ? 'nothing here' : 'only the old store'
    warn(
      `ended.list is ${restored.ended_list}: ${known} says what was revoked or redacted since the backup`,
    )
    noteNext('look at', 'spl token list')
  }
  noteNext('start it with', 'spl serve --daemon')
}

export function countOf({ accounts, tokens, invites }: NonNullable<Restored['revived']>): number {
  return accounts.length + tokens.length + invites.length
}
