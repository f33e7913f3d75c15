import { request as requestHttp, type Agent, type IncomingMessage } from 'node:http'
import { request as requestHttps, type RequestOptions } from 'node:https'
import { ProxyError } from '../../network/proxy.ts'
import { isChallenge } from '../../../protocol/identity/request-signature.ts'
import { CHALLENGE_PATH } from '../../../protocol/tunnel/version.ts'
import { sayDialFault } from './certificate-fault.ts'
import type { DialOptions } from './dial.ts'
import { DialError } from './dial-error.ts'
import { readGatewayAnswer, refusalOf } from './read-refusal.ts'

/** How long the whole answer may take, milliseconds. */
const WITHIN_MS = 15_000

export interface GivenChallenge {
  readonly challenge: string
  /** The gateway's clock minus this machine's, milliseconds, as it says; for people to read, and nothing is signed by it. */
  readonly clockOffsetMs: number | undefined
}

/**
 * Asks the gateway what the connect proof is to be signed over. The connection is left to the agent, for the upgrade.
 * @throws DialError
 */
export async function askChallenge(
  { gatewayUrl, ca, signal }: Pick<DialOptions, 'gatewayUrl' | 'ca' | 'signal'>,
  agent: Agent,
): Promise<GivenChallenge> {
  const asked = Date.now()
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)])
  try {
    const response = await ask(gatewayUrl, {
      agent,
      signal: bounded,
      ...(ca !== undefined && { ca }),
    })
    const answer = await readGatewayAnswer(response)
    const { challenge, edge_time: edgeTime } = answer
    if (response.statusCode !== 200 || !isChallenge(challenge)) throw noChallenge(response, answer)
    const offset = Number.isSafeInteger(edgeTime)
      ? Number(edgeTime) - (asked + Date.now()) / 2
      : undefined
    return { challenge, clockOffsetMs: offset === undefined ? undefined : Math.round(offset) }
  } catch (cause) {
    if (cause instanceof DialError) throw cause
    if (signal.aborted) throw new DialError('lost', String(signal.reason))
    const late = bounded.aborted
    const why = late
      ? `no challenge came within ${WITHIN_MS / 1000} s`
      : sayDialFault(cause as Error)
    const code = cause instanceof ProxyError ? { code: cause.code } : {}
    throw new DialError('lost', why, { cause, ...code })
  }
}

function ask(gatewayUrl: URL, options: RequestOptions): Promise<IncomingMessage> {
  const send = gatewayUrl.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const request = send(new URL(CHALLENGE_PATH, gatewayUrl), {
      ...options,
      headers: { accept: 'application/json' },
    })
    request.on('response', resolve)
    // Nothing here asks for another protocol.
    request.on('upgrade', (_response, socket) => {
      socket.destroy()
      reject(new Error('it changed to another protocol, unasked'))
    })
    request.on('error', reject)
    request.end()
  })
}

function noChallenge(
  { statusCode = 0 }: IncomingMessage,
  answer: Readonly<Record<string, unknown>>,
): DialError {
  const refusal = refusalOf(statusCode, answer)
  // Where the path means nothing the gateway takes the question for one to home.
  if (refusal.code !== 'AUTH_REQUIRED' && refusal.code !== 'NOT_FOUND') return refusal
  return new DialError(
    'refused',
    'the gateway gives no challenge: it runs an older spl than home [UPGRADE_REQUIRED]',
    { code: 'UPGRADE_REQUIRED' },
  )
}
