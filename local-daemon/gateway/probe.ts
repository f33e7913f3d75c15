import { X509Certificate } from 'node:crypto'
import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { setTimeout as sleep } from 'node:timers/promises'
import { GatewayError } from './gateway-error.ts'

/** Milliseconds until the first answer. workerd compiles the Worker on the first request. */
const ANSWER_TIMEOUT_MS = 15_000
const RETRY_MS = 50

export interface ProbeTarget {
  readonly host: string
  readonly port: number
  readonly hostname: string
  /** PEM of the certificate that the gateway must show. Absent means plain HTTP. */
  readonly certificate?: string
}

/**
 * Waits until the gateway answers one request, with any status: the daemon may be away. Over TLS, the
 * certificate must be the configured one, compared by fingerprint, because the authority that issued a
 * certificate may be unknown here.
 *
 * @throws GatewayError GATEWAY_TIMEOUT
 */
export async function waitUntilAnswers(target: ProbeTarget): Promise<void> {
  const deadline = performance.now() + ANSWER_TIMEOUT_MS
  for (;;) {
    try {
      await answer(target)
      return
    } catch (cause) {
      if (performance.now() > deadline) {
        throw new GatewayError(
          'GATEWAY_TIMEOUT',
          `the gateway listens on port ${target.port} but does not answer: ${(cause as Error).message}`,
          'read the lines that workerd wrote above',
          { cause },
        )
      }
      await sleep(RETRY_MS)
    }
  }
}

function answer(target: ProbeTarget): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = {
      host: target.host,
      port: target.port,
      path: '/',
      headers: { host: `${target.hostname}:${target.port}`, connection: 'close' },
      timeout: ANSWER_TIMEOUT_MS,
      agent: false as const,
    }
    const onResponse = (response: IncomingMessage): void => {
      response.resume()
      const fault = wrongCertificate(response, target.certificate)
      if (fault === undefined) resolve()
      else reject(fault)
    }
    const servername = /[a-z]/iu.test(target.hostname) ? target.hostname : ''
    const request =
      target.certificate === undefined
        ? requestHttp(options, onResponse)
        : requestHttps({ ...options, servername, rejectUnauthorized: false }, onResponse)
    request.on('timeout', () => request.destroy(new Error('timed out')))
    request.on('error', reject)
    request.end()
  })
}

function wrongCertificate(response: IncomingMessage, expected?: string): Error | undefined {
  if (expected === undefined) return undefined
  const shown = (response.socket as TLSSocket).getPeerX509Certificate()
  return shown?.fingerprint256 === new X509Certificate(expected).fingerprint256
    ? undefined
    : new Error('another certificate is shown')
}
