import { routeAccess } from '../../../protocol/http/route-access.ts'
import { requireScope } from '../../access/authorise.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { jsonAnswer } from '../answers/answer.ts'
import { NewTicket, StreamTicketAnswer } from '../schemas/access-schemas.ts'
import { answers, jsonBody } from '../schemas/describe.ts'
import { parseBody } from '../input/parse-input.ts'
import type { RouteParts } from './route-parts.ts'

/** `POST /v1/stream-tickets`: a browser's event stream cannot send headers, and a bearer must not be in a URL. */
export function addStreamTickets({ router, authorise, tickets }: RouteParts): void {
  router.on(
    {
      method: 'post',
      path: '/v1/stream-tickets',
      operationId: 'createStreamTicket',
      summary: 'A one-time ticket for one event stream',
      request: jsonBody(NewTicket),
      responses: { 201: answers(StreamTicketAnswer, 'Good for half a minute') },
    },
    async (c) => {
      const { path } = await parseBody(NewTicket, c, authorise)
      const access = path.includes('?') ? undefined : routeAccess('GET', path)
      if (access?.ticket === undefined || access.scopes === 'open') {
        throw new ProblemError('INVALID_REQUEST', 'path is not the path of an event stream', {
          field: 'path',
          try: 'Name /v1/sync/subscribe or /v1/sync/changes, without a query.',
        })
      }
      const principal = c.get('principal')
      if (access.scopes !== 'any') requireScope(principal, access.scopes)
      const { ticket, expiresAt } = tickets.issue(principal, path)
      const answer = { object: 'stream_ticket', ticket, path, expires_at: expiresAt }
      return jsonAnswer(c.env, 201, JSON.stringify(answer))
    },
  )
}
