import { text } from 'node:stream/consumers'
import { sendRequest, type Target } from '../../client/send-request.ts'

/**
 * The version of the gateway, from its own metrics; undefined if the bearer may not read them, or there is none.
 *
 * @throws Error when nothing answers in time
 */
export async function gatewayVersion(
  target: Target,
  bearer: string | undefined,
  withinMs: number,
): Promise<string | undefined> {
  if (bearer === undefined) return undefined
  const response = await sendRequest(target, {
    method: 'GET',
    path: '/.well-known/spl-gateway/metrics',
    headers: { authorization: `Bearer ${bearer}` },
    silenceMs: withinMs,
    signal: AbortSignal.timeout(withinMs),
  })
  if (response.statusCode !== 200) {
    response.destroy()
    return undefined
  }
  return /^spl_gateway_build_info\{[^}]*version="([^"]{1,64})"/mu.exec(await text(response))?.[1]
}
