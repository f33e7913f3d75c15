import { existsSync } from 'node:fs'
import { damagedList, readEndedList } from '../../access/ended/ended-file.ts'
import { identityAt } from '../../access/identity/identity.ts'
import { readSuccessions } from '../../access/identity/succession.ts'
import { shellPath } from '../../problem/shell-word.ts'
import { countEnded } from '../../store/ended/ended.ts'
import type { Check } from './check.ts'
import { failure, pass, skip, warning } from './outcomes.ts'
import type { Survey } from './survey.ts'

const NAME = 'ended-list'
const LOOK = 'spl token list and spl service-account list show what is valid'

/** Whether the home still knows, outside the store, what was revoked and redacted: an older store that is put back does not. */
export function endedCheck({ home, running, presence, daemon }: Survey): Check {
  if (!existsSync(home.instanceKey)) return skip(NAME, 'there is no identity yet')
  const behind = daemon?.backups?.ended_list_failure
  if (behind) return failure(NAME, behind.message, behind.try ?? 'spl logs')
  const damaged = damagedList(home.ended)
  if (existsSync(damaged)) {
    const why = `the list of what was revoked and redacted was damaged: ${damaged}; a restore may bring back what it has lost`
    return warning(NAME, why, `${LOOK}; then rm ${shellPath(damaged)}`)
  }
  try {
    const { did } = identityAt(home.instanceKey)
    const earlier = readSuccessions(home, did).map(({ from }) => from)
    const { state, ended } = readEndedList(home.ended, [did, ...earlier])
    if (state === 'whole')
      return pass(NAME, `${countEnded(ended)} ids of what was revoked or redacted are kept`)
    if (state === 'missing' && (presence !== 'answers' || running?.store === null))
      return skip(NAME, 'the next start of the daemon makes the list')
    const why = `${home.ended} is ${state}: a restore may bring back what was revoked or redacted`
    return warning(NAME, why, 'spl serve --restart makes it anew from the store')
  } catch (error) {
    return skip(NAME, `the list cannot be read: ${(error as Error).message}`)
  }
}
