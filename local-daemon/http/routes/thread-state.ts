import { holderOf } from '../../access/principal.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { jsonAnswer } from '../answers/answer.ts'
import { parseInput } from '../input/parse-input.ts'
import { missingThread } from '../answers/missing-thread.ts'
import { ThreadState } from '../schemas/find-schemas.ts'
import { answers } from '../schemas/describe.ts'
import { Did, PageQuery, ThreadParams } from '../schemas/schemas.ts'
import { toThread } from './list-threads.ts'
import type { RouteParts } from './route-parts.ts'

/** `GET /v1/threads/{id}/state`: how far a thread is, and the clocks of its actors. */
export function addThreadState({ router, store, viewOf }: RouteParts): void {
  router.on(
    {
      method: 'get',
      path: '/v1/threads/{id}/state',
      operationId: 'getThreadState',
      refuses: ['NOT_FOUND', 'QUERY_TOO_SLOW', 'QUERY_BUSY'],
      summary: 'How far a thread is',
      request: { params: ThreadParams, query: PageQuery },
      responses: { 200: answers(ThreadState, 'The thread, and the highest clock of each actor') },
    },
    async (c) => {
      const { id } = parseInput(ThreadParams, c.req.param() as Record<string, string>)
      const { limit, cursor } = parseInput(PageQuery, c.get('query'))
      const row = viewOf(c).thread(id)
      if (row === undefined) {
        throw missingThread()
      }
      const after = cursor === undefined ? undefined : actorOf(cursor)
      const caller = { holder: holderOf(c.get('principal')), signal: c.req.raw.signal }
      const clocks = await store.clocks({ thread: id, after, limit }, caller)
      const last = clocks.page.at(-1)
      const body = {
        ...toThread(row),
        object: 'thread_state',
        actors: clocks.actors,
        last_clock: clocks.last,
        actor_clocks: Object.fromEntries(clocks.page.map(({ actor, clock }) => [actor, clock])),
        has_more: clocks.more,
        next_cursor: clocks.more && last ? Buffer.from(last.actor).toString('base64url') : null,
      }
      return jsonAnswer(c.env, 200, JSON.stringify(body))
    },
  )
}

/** The actor that a cursor names: the last one of the page before. */
function actorOf(cursor: string): string {
  const actor = Buffer.from(cursor, 'base64url').toString()
  if (Did.safeParse(actor).success) return actor
  throw new ProblemError('INVALID_CURSOR', 'The cursor is not one that this daemon gave', {
    try: 'Hand back next_cursor exactly as received, or leave the cursor out to start again.',
  })
}
