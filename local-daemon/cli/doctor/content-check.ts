import { countText } from '../../problem/count-text.ts'
import type { Check } from './check.ts'
import { failure, pass, skip } from './outcomes.ts'
import { verified } from '../verify/verified.ts'
import { StartError } from '../../problem/start-error.ts'
import { StoreOpenError } from '../../store/store-error.ts'
import { storeOf, type Survey } from './survey.ts'

/** Milliseconds for a look at the store's content: some ten thousand records. */
const WITHIN_MS = 10_000

/** Whether what is in the store is what was written, as far as it can be checked in a few seconds. */
export async function contentCheck(seen: Survey): Promise<Check> {
  const name = 'store-content'
  if (seen.daemon === undefined || seen.running?.store === null) {
    return skip(name, 'no daemon with a store on disk answers')
  }
  const signal = AbortSignal.timeout(WITHIN_MS)
  const looked = await tried(() => verified(seen.home, storeOf(seen), { json: true }, signal))
  if (looked instanceof Error) {
    return failure(name, `${looked.message} [${looked.code}]`, looked.try)
  }
  const { records, complete, count, findings } = looked
  const [first] = findings
  if (first !== undefined) {
    return failure(
      name,
      `${first.message}${count > 1 ? `, and ${count - 1} more` : ''} [STORE_DAMAGED]`,
      'spl verify lists all damage; then spl serve --stop, and restore a copy',
    )
  }
  if (complete)
    return pass(name, `${countText(records, 'record')} checked, all intact`, { records })
  return pass(
    name,
    `the first ${countText(records, 'record')} checked, all intact; spl verify checks all`,
    {
      records,
    },
  )
}

/** A store that cannot be opened is a finding like others: the checks after it are still made. */
async function tried<Result>(look: () => Promise<Result>) {
  try {
    return await look()
  } catch (error) {
    if (error instanceof StoreOpenError || error instanceof StartError) return error
    throw error
  }
}
