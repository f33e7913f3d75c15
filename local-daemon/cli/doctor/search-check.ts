import { bytesText } from '../../problem/bytes-text.ts'
import { searchText } from '../client/search-now.ts'
import type { Check } from './check.ts'
import { pass, skip, warning } from './outcomes.ts'
import type { Survey } from './survey.ts'

const NAME = 'search'

/** Whether the index of words gets on. A search works without it, slower, and not for all of a large store. */
export function searchCheck({ daemon }: Survey): Check {
  const search = daemon?.search
  if (search === undefined) return skip(NAME, 'no daemon that tells of its index answers')
  const details = { ...search }
  switch (search.state) {
    case 'off':
      return skip(NAME, 'it is off: search_enabled is false')
    case 'none':
      return skip(NAME, 'a store in memory has no index')
    case 'failing':
      return warning(
        NAME,
        `${searchText(search)}; a search reads the newest records without it`,
        'take away what is in the place of hub.search.db in the home, then: spl search --rebuild',
        details,
      )
    default:
      return pass(NAME, searchText(search) ?? `${bytesText(search.bytes)} index`, details)
  }
}
