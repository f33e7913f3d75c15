import { WebSocket } from 'ws'
import type { Check } from '../check.ts'
import { type Outside, PROBE_TIMEOUT_MS, ticketed } from './outside.ts'

const NAME = 'websocket'

type Outcome =
  | { readonly kind: 'open' }
  | { readonly kind: 'answer'; readonly status: number }
  | { readonly kind: 'error'; readonly message: string }

/** Whether the upgrade to a WebSocket passes, by following the feed. */
export async function probeWebSocket(outside: Outside): Promise<Check> {
  return judgeUpgrade(await openSocket(outside))
}

export function judgeUpgrade(outcome: Outcome): Check {
  if (outcome.kind === 'open') {
    return { name: NAME, status: 'pass', message: 'WebSockets work' }
  }
  const details = { ...outcome }
  if (outcome.kind === 'answer' && (outcome.status === 401 || outcome.status === 403)) {
    const message = `The feed cannot be followed with this bearer token (${outcome.status})`
    return { name: NAME, status: 'skip', message, details }
  }
  const seen = outcome.kind === 'answer' ? `status ${outcome.status}` : outcome.message
  return {
    name: NAME,
    status: 'fail',
    message: `The proxy does not forward the upgrade to a WebSocket: ${seen}`,
    fix: 'Use HTTP/1.1 to the upstream and forward the upgrade (nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $spl_connection;).',
    details,
  }
}

async function openSocket(outside: Outside): Promise<Outcome> {
  const { origin, bearer, ca, lookup } = outside
  const url = new URL(await ticketed(outside, '/v1/sync/subscribe?since=now'), origin)
  url.protocol = origin.protocol === 'https:' ? 'wss:' : 'ws:'
  return new Promise((resolve) => {
    const socket = new WebSocket(url, {
      headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
      handshakeTimeout: PROBE_TIMEOUT_MS,
      perMessageDeflate: false,
      ...(ca !== undefined && { ca }),
      ...(lookup !== undefined && { lookup }),
    })
    const timer = setTimeout(
      () => finish({ kind: 'error', message: 'it opened, but no event arrived' }),
      PROBE_TIMEOUT_MS,
    )
    socket.once('unexpected-response', (_request, response) => {
      finish({ kind: 'answer', status: response.statusCode ?? 0 })
    })
    // Open is not enough: a proxy may take the upgrade and pass nothing on.
    socket.once('message', () => finish({ kind: 'open' }))
    socket.once('close', (code) => finish({ kind: 'error', message: `it was closed (${code})` }))
    socket.on('error', ({ message }) => finish({ kind: 'error', message }))

    function finish(outcome: Outcome) {
      clearTimeout(timer)
      resolve(outcome)
      socket.terminate()
    }
  })
}
