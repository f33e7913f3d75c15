import { ProblemError } from '../../problem/problem-error.ts'
import { eventStreamAnswer, jsonAnswer } from '../answers/answer.ts'
import { forwardingHeaders } from '../connection/connection-facts.ts'
import { Connection, ProbeQuery, Upload } from '../schemas/connection-schemas.ts'
import { answers, streams } from '../schemas/describe.ts'
import { parseInput } from '../input/parse-input.ts'
import { probeStream } from '../streams/probe-stream.ts'
import { digestBody } from '../input/digest-body.ts'
import type { RequestFacts } from '../../access/request-facts.ts'
import type { RouteParts } from './route-parts.ts'

const EVENTS = streams('Server-sent events, as many as were asked for, and then the end', {
  probe: 'ProbeEvent',
})
const BYTES = {
  body: {
    required: true,
    content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
  },
} as const

/** What is between a client and the daemon, for testing a proxy: `/v1/connection` and its parts. */
export function addConnection({ router, authorise, stopping }: RouteParts): void {
  /** Accounts with an upload under way: each keeps a connection and some CPU busy. */
  const uploading = new Set<string>()

  router.on(
    {
      method: 'get',
      path: '/v1/connection',
      operationId: 'getConnection',
      summary: 'What the daemon sees of this very request',
      responses: { 200: answers(Connection, 'Your connection') },
    },
    (c) => {
      const { via, clientAddress, peerTrusted } = c.env
      return jsonAnswer(
        c.env,
        200,
        JSON.stringify({
          object: 'connection',
          via,
          client_address: clientAddress ?? null,
          host: c.env.publicHost ?? c.req.raw.headers.get('host'),
          scheme: schemeOf(c.req.raw, c.env),
          forwarded: forwardingHeaders(c.req.raw.headers),
          peer_trusted: via === 'tunnel' ? true : (peerTrusted ?? null),
          time: Date.now(),
        }),
      )
    },
  )

  router.on(
    {
      method: 'get',
      path: '/v1/connection/events',
      operationId: 'getProbeEvents',
      summary: 'A short event stream, each event with the time at which it was sent',
      request: { query: ProbeQuery },
      responses: { 200: EVENTS },
    },
    (c) => {
      const { count, interval_ms } = parseInput(ProbeQuery, c.get('query'))
      const principal = c.get('principal')
      const events = probeStream({
        count,
        intervalMs: interval_ms,
        holds: () => authorise.holds(principal),
        signals: [stopping, c.req.raw.signal],
      })
      return eventStreamAnswer(c.env, events)
    },
  )

  router.on(
    {
      method: 'post',
      path: '/v1/connection/upload',
      operationId: 'proveUpload',
      summary: 'Takes a body, keeps nothing of it and tells its hash',
      request: BYTES,
      responses: { 200: answers(Upload, 'What arrived') },
    },
    async (c) => {
      const principal = c.get('principal')
      const account = principal.kind === 'account' ? principal.account : undefined
      if (account !== undefined && uploading.has(account)) {
        throw new ProblemError('RATE_LIMITED', 'Another upload of this account is under way', {
          try: 'Wait until it has ended.',
          retryAfter: 5,
        })
      }
      if (account !== undefined) uploading.add(account)
      try {
        const digest = await digestBody(c.req.raw, c.env)
        authorise.still(principal)
        return jsonAnswer(c.env, 200, JSON.stringify({ object: 'upload', ...digest }))
      } finally {
        if (account !== undefined) uploading.delete(account)
      }
    },
  )
}

/** What the client used, according to trusted headers only. */
function schemeOf({ url, headers }: Request, facts: RequestFacts): string | null {
  if (facts.via === 'socket') return null
  if (facts.via === 'tunnel') return url.slice(0, url.indexOf(':'))
  if (facts.via !== 'proxy') return 'http'
  const told = headers.get('x-forwarded-proto')
  return facts.peerTrusted === true && (told === 'https' || told === 'http') ? told : null
}
