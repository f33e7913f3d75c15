import type { IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { type S3Address, urlOf } from './s3-address.ts'
import type { S3Credentials } from './s3-credentials.ts'
import type { S3Error } from './s3-error.ts'
import { refusedBy, unreachable } from './s3-fault.ts'
import { type S3Request, sendS3 } from './s3-request.ts'
import { steadyChunks } from './steady-chunks.ts'

/** Bounds of the work with an S3 store. */
export const S3_LIMITS = {
  /** Tries of a request that fails for a reason that may pass. */
  tries: 5,
  /** Pause before the second try, milliseconds; it doubles, up to the longest. */
  firstPauseMs: 500,
  longestPauseMs: 15_000,
  /** Milliseconds without a byte after which a request fails, and for the head of an answer once the body was sent. */
  silenceMs: 60_000,
  /** Bytes a second that a request or an answer must pass at least, over `silenceMs`. */
  slowestBytesPerSecond: 16 * 1024,
  /** No try begins so long after the first one, milliseconds; to it comes the time that the slowest body takes. */
  patienceMs: 120_000,
  /** Longest answer that is no file, bytes: 1000 files of a list are 400 KB. */
  answerBytes: 4 * 1024 * 1024,
  /** Size of a part of a large file, bytes. Every part but the last has it (R2 demands that), and one is in memory. */
  partBytes: 16 * 1024 * 1024,
  /** Most parts of a file: the limit of S3. With the size of a part it bounds a file at 160 GB. */
  parts: 10_000,
  /** Most files of one prefix that are listed. */
  files: 100_000,
  /** Most pages of a list: a store may fill them as little as it likes. */
  pages: 1_000,
} as const

export interface S3Options {
  readonly address: S3Address
  /** Asked for each request, so that new credentials count at once. */
  readonly credentials: () => S3Credentials
  /** Unix time in milliseconds. */
  readonly now?: () => number
  /** Gives up what is being asked; its reason is thrown. An upload still leaves no parts. */
  readonly signal?: AbortSignal | undefined
  /** A file that remembers an upload while it has parts, so that they go although the daemon is killed. */
  readonly uploadNote?: string | undefined
  /** Overrides of {@link S3_LIMITS}, for tests. */
  readonly limits?: Partial<Record<keyof typeof S3_LIMITS, number>>
}

/** What is asked of a bucket; `query` with the parameters in any order. */
export interface S3Ask {
  readonly method: S3Request['method']
  readonly key: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** To be done although the client's signal says to stop. */
  readonly despiteSignal?: boolean
}

export interface S3Answer {
  readonly status: number
  readonly headers: Readonly<IncomingMessage['headers']>
  readonly text: string
}

/** Asks one bucket. What fails for a reason that may pass (no answer, 5xx, 429) is asked again after a growing pause. */
export class S3Client {
  readonly address: S3Address
  readonly limits: Readonly<Record<keyof typeof S3_LIMITS, number>>
  readonly #options: S3Options

  constructor(options: S3Options) {
    this.#options = options
    this.address = options.address
    this.limits = { ...S3_LIMITS, ...options.limits }
  }

  /** The whole answer. Throws `S3Error` for every other status than 2xx. */
  async ask(ask: S3Ask): Promise<S3Answer> {
    return this.#again(ask, async () => {
      const response = await this.#open(ask)
      const text = await readText(response, this.limits)
      return { status: response.statusCode ?? 0, headers: response.headers, text }
    })
  }

  /** The head of an answer whose body is a file. Throws `S3Error` for every other status than 2xx. */
  async open(ask: S3Ask): Promise<IncomingMessage> {
    return this.#again(ask, () => this.#open(ask))
  }

  async #open(ask: S3Ask): Promise<IncomingMessage> {
    const { address } = this
    const { method, key, query = {}, headers: extra = {}, body } = ask
    const url = urlOf(address, key)
    // Without `+` for a space: the signer and the store must see the same bytes.
    url.search = Object.entries(query)
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join('&')
    const { credentials, now = Date.now } = this.#options
    const whom = { region: address.region, credentials: credentials(), now: now() }
    const { silenceMs } = this.limits
    const how = { silenceMs, headMs: silenceMs + this.#bodyMs(ask), signal: this.#signalOf(ask) }
    const what = { method, url, headers: extra, ...(body && { body }) }
    const response = await sendS3({ ...what, ...whom, ...how })
    const { statusCode: status = 0, headers } = response
    if (status >= 200 && status < 300) return response
    const xml = await readText(response, this.limits)
    const region = headers['x-amz-bucket-region']
    throw refusedBy(address, { status, xml, region: region?.toString(), date: headers.date })
  }

  /** Throws the signal's reason if it says to stop. */
  throwIfStopped(): void {
    this.#options.signal?.throwIfAborted()
  }

  #signalOf({ despiteSignal }: S3Ask): AbortSignal | undefined {
    return despiteSignal === true ? undefined : this.#options.signal
  }

  /** How long the body of a request may take. */
  #bodyMs({ body }: S3Ask): number {
    return ((body?.byteLength ?? 0) / this.limits.slowestBytesPerSecond) * 1000
  }

  async #again<Answer>(ask: S3Ask, attempt: () => Promise<Answer>): Promise<Answer> {
    const signal = this.#signalOf(ask)
    const { tries, firstPauseMs, longestPauseMs } = this.limits
    const latest = performance.now() + this.limits.patienceMs + this.#bodyMs(ask)
    for (let done = 1; ; done += 1) {
      try {
        return await attempt()
      } catch (error) {
        signal?.throwIfAborted()
        const fault = unreachable(this.address, urlOf(this.address, '').host, error, this.limits)
        if (done >= tries || !mayPass(fault) || performance.now() > latest) throw fault
        const longest = Math.min(longestPauseMs, firstPauseMs * 2 ** (done - 1))
        await pause(longest * (0.5 + Math.random() / 2), undefined, signal && { signal })
      }
    }
  }
}

function mayPass({ code }: S3Error): boolean {
  return code === 'S3_FAILED' || code === 'S3_UNREACHABLE'
}

async function readText(response: IncomingMessage, limits: S3Client['limits']): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of steadyChunks(response, limits)) {
    bytes += chunk.length
    if (bytes > limits.answerBytes) throw new Error('its answer is longer than any of S3')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
