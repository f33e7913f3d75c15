import type { IncomingMessage } from 'node:http'
import { DialError } from './dial-error.ts'

/** An error envelope, or a challenge, is small; whoever sends more is not a gateway. */
const ANSWER_BYTES = 16 * 1024

/** What a gateway answered in place of a WebSocket: an object, or nothing that can be read. */
export async function readGatewayAnswer(
  response: IncomingMessage,
): Promise<Record<string, unknown>> {
  let text = ''
  response.setEncoding('utf8')
  try {
    for await (const part of response) {
      text += part as string
      if (text.length > ANSWER_BYTES) return {}
    }
  } catch {
    // Cut off: the status is known all the same.
  }
  return parseObject(text)
}

/** Why the gateway, or whoever answers in its place, does not let the daemon in. */
export function refusalOf(status: number, answer: Readonly<Record<string, unknown>>): DialError {
  const { code, message } = answer
  if (typeof code !== 'string' || typeof message !== 'string') {
    // A proxy's page, a captive portal, another server: it may be gone in a minute.
    return new DialError('lost', `the host answered ${status}, not as a gateway`)
  }
  return new DialError(passes(status, code) ? 'lost' : 'refused', `${message} [${code}]`, { code })
}

/**
 * 5xx is the gateway's own trouble and heals, and 429 passes; a refusal of the proof does not, but for a challenge that was
 * too old. A hostname that was given out a moment ago is known everywhere a moment later.
 */
function passes(status: number, code: string): boolean {
  if (status < 400 || status >= 500 || status === 429) return true
  return code === 'HOSTNAME_UNKNOWN' || code === 'CHALLENGE_STALE' || code === 'CHALLENGE_REPLAYED'
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
