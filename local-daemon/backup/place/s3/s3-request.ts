import { hash } from 'node:crypto'
import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { AwsV4Signer } from 'aws4fetch'
import { proxyAgent, proxyFor } from '../../../network/proxy.ts'
import type { S3Credentials } from './s3-credentials.ts'
import { SlowStoreError } from './steady-chunks.ts'

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  readonly region: string
  readonly credentials: S3Credentials
  /** Unix time in milliseconds. */
  readonly now: number
  /** Milliseconds without a byte after which it fails. */
  readonly silenceMs: number
  /** Milliseconds until the head of the answer must be there, however its bytes come. */
  readonly headMs: number
  readonly signal?: AbortSignal | undefined
}

/** The store took the connection and then said nothing. */
export class SilentStoreError extends Error {
  override readonly name = 'SilentStoreError'
}

/**
 * Signs a request with AWS Signature Version 4 and sends it on a connection of its own; resolves with the head of the answer.
 * The signature covers the body's SHA-256, so the store refuses a body that was changed on the way.
 */
export async function sendS3(request: S3Request): Promise<IncomingMessage> {
  const headers = await signedHeaders(request)
  const { url, method, body, silenceMs, headMs, signal } = request
  const proxy = proxyFor(url)
  const options = {
    method,
    host: url.hostname.replaceAll(/^\[|\]$/gu, ''),
    port: url.port,
    path: `${url.pathname}${url.search}`,
    headers: { ...headers, host: url.host, 'content-length': body?.byteLength ?? 0 },
    timeout: silenceMs,
    agent: proxy === undefined ? (false as const) : proxyAgent(proxy, { keepAlive: false }),
    ...(signal && { signal }),
  }
  return new Promise((resolve, reject) => {
    const sent = url.protocol === 'http:' ? requestHttp(options) : requestHttps(options)
    const late = setTimeout(() => sent.destroy(new SlowStoreError('too slow')), headMs)
    sent.on('close', () => clearTimeout(late))
    sent.on('response', (response) => {
      clearTimeout(late)
      resolve(response)
    })
    sent.on('upgrade', (_response, socket) => {
      socket.destroy()
      reject(new Error('the server switched to another protocol'))
    })
    sent.on('timeout', () => sent.destroy(new SilentStoreError('no answer in time')))
    sent.on('error', reject)
    sent.end(body)
  })
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
export async function signedHeaders(
  request: Pick<
    S3Request,
    'method' | 'url' | 'headers' | 'body' | 'region' | 'credentials' | 'now'
  >,
): Promise<Record<string, string>> {
  const { method, url, headers = {}, body = new Uint8Array(), region, credentials, now } = request
  const signer = new AwsV4Signer({
    method,
    url: url.href,
    headers: { ...headers, 'x-amz-content-sha256': hash('sha256', body, 'hex') },
    accessKeyId: credentials.accessKeyId,
    secretAccessKey: credentials.secretAccessKey,
    ...(credentials.sessionToken !== undefined && { sessionToken: credentials.sessionToken }),
    service: 's3',
    region,
    datetime: new Date(now).toISOString().replaceAll(/[:-]|\.\d{3}/gu, ''),
  })
  const signed = await signer.sign()
  return Object.fromEntries(signed.headers)
}
