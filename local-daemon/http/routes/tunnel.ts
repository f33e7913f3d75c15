import type { GrantEnd } from '../../access/bearer.ts'
import { eventStreamAnswer, jsonAnswer } from '../answers/answer.ts'
import { answers, streams } from '../schemas/describe.ts'
import { lastEventIdOf } from '../streams/last-event-id.ts'
import { logStream } from '../streams/log-stream.ts'
import { LogQuery, Tunnel } from '../schemas/link-schemas.ts'
import { parseInput } from '../input/parse-input.ts'
import { ResumeHeaders } from '../schemas/schemas.ts'
import type { RouteParts } from './route-parts.ts'

const LOG = streams('Server-sent events; the id is a place in the log', {
  request: 'RequestLine',
  gap: 'Gap',
  error: 'Problem',
})
const NO_TUNNEL = JSON.stringify({ object: 'tunnel', configured: false })

/** `GET /v1/tunnel` and `GET /v1/tunnel/log`: the state of the link, and the request log. */
export function addTunnel({ router, observation, grants, stopping }: RouteParts): void {
  const { link, log } = observation

  router.on(
    {
      method: 'get',
      path: '/v1/tunnel',
      operationId: 'getTunnel',
      summary: 'How the link to the gateway is',
      responses: { 200: answers(Tunnel, 'The link') },
    },
    (c) => {
      const report = link()
      return jsonAnswer(c.env, 200, report === undefined ? NO_TUNNEL : JSON.stringify(report))
    },
  )

  router.on(
    {
      method: 'get',
      path: '/v1/tunnel/log',
      operationId: 'followRequestLog',
      summary: 'Requests that were answered, the kept ones and those to come, as an event stream',
      request: { query: LogQuery, headers: ResumeHeaders },
      responses: { 200: LOG },
    },
    (c) => {
      const query = parseInput(LogQuery, c.get('query'))
      const { via } = query
      const principal = c.get('principal')
      const events = logStream({
        log,
        lastEventId: lastEventIdOf(c, query),
        wanted: (line) => via === 'all' || line.via === via,
        signals: [stopping, c.req.raw.signal],
        watchGrant: (ended: (code: GrantEnd) => void) => grants.watch(principal, ended),
      })
      return eventStreamAnswer(c.env, events)
    },
  )
}
