import { holderOf } from '../../access/principal.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import type { Condition } from '../../store/query/condition.ts'
import { formatQueryCursor, parseQueryCursor } from '../../store/query/query-cursor.ts'
import type { FoundRecord, SearchResult } from '../../store/search/record-search.ts'
import { searchWords } from '../../store/search/search-words.ts'
import { viewWithin } from '../../store/record-view.ts'
import type { StoredRecord } from '../../store/stored-record.ts'
import { renderHits } from '../answers/hit-list.ts'
import { pagedAnswer } from '../answers/paged-answer.ts'
import { callerOf } from '../input/caller.ts'
import { parseInput } from '../input/parse-input.ts'
import { answers } from '../schemas/describe.ts'
import { FoundRecords, SearchQuery } from '../schemas/find-schemas.ts'
import type { RouteParts } from './route-parts.ts'

/**
 * `GET /v1/search`: records whose bodies have some words, the newest first. Not by how well they fit: that would count words in
 * records that the reader may not see, and pages would change with every write.
 */
export function addSearch(parts: RouteParts): void {
  const { router, store, authorise, viewOf } = parts
  router.on(
    {
      method: 'get',
      path: '/v1/search',
      operationId: 'searchRecords',
      refuses: [
        ...(['INVALID_SEARCH', 'SEARCH_OFF', 'QUERY_TOO_SLOW', 'QUERY_BUSY'] as const),
        ...(['INVALID_CURSOR', 'CURSOR_EPOCH_CHANGED', 'CURSOR_FUTURE'] as const),
      ],
      summary: 'Records whose bodies have some words',
      request: { query: SearchQuery },
      responses: { 200: answers(FoundRecords, 'Records, the newest first') },
    },
    async (c) => {
      const input = parseInput(SearchQuery, c.get('query'))
      const { q, thread, actor, namespace, limit, cursor } = input
      if (!store.searchIndex.isEnabled) throw searchOff()
      const words = searchWords(q)
      const view = viewWithin(viewOf(c), namespace)
      // What a cursor belongs to.
      const query = JSON.stringify([words, thread, actor, namespace])
      const place = cursor === undefined ? undefined : parseQueryCursor(view, query, cursor)
      const upTo = place?.upTo ?? view.head()
      const found = await store.search(
        {
          words,
          query: {
            condition: conditionOf({ thread, actor }, words),
            sight: view.sight,
            by: 'arrival',
            descending: true,
            limit,
            upTo,
            after: place?.after,
          },
        },
        { holder: holderOf(c.get('principal')), signal: c.req.raw.signal },
      )
      authorise.still(c.get('principal'))
      const list = {
        view,
        hits: found.hits,
        more: found.more,
        cursorAt: (after: FoundRecord) => formatQueryCursor(view, query, { upTo, after }),
        ofRecord: matchesText,
        end: `,"index":${JSON.stringify(progressOf(view, found))}`,
      }
      return pagedAnswer(c.env, {
        ...callerOf(c, parts),
        start: 0,
        render: (from) => renderHits(list, from),
      })
    },
  )
}

function conditionOf(
  columns: Readonly<Record<'thread' | 'actor', string | undefined>>,
  words: readonly string[],
): Condition {
  const known = Object.entries(columns).flatMap(([name, value]) => {
    const field = { kind: 'column', name: name as 'thread' | 'actor' } as const
    return value === undefined ? [] : [{ kind: 'in', field, values: [value] } as const]
  })
  return { kind: 'all', of: [...known, { kind: 'words', words }] }
}

/** Nothing of a record that was redacted since it was found. */
function matchesText({ matches }: FoundRecord, { redacted }: StoredRecord): string {
  return `,"matches":${JSON.stringify(redacted === undefined ? matches : [])}`
}

function progressOf(
  view: { cursorAt(seq: number): string },
  { indexedTo, behind, complete }: SearchResult,
) {
  return { indexed_to: view.cursorAt(indexedTo), behind, complete }
}

export function searchOff(): ProblemError {
  return new ProblemError('SEARCH_OFF', 'Search is turned off on this daemon', {
    try: 'The owner turns it on: spl config set search_enabled true. Conditions work without it: POST /v1/records/query.',
  })
}
