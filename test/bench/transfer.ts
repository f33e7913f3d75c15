import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, Worker, isMainThread, workerData } from 'node:worker_threads'

export interface TransferOptions {
  readonly url: string
  readonly bearer?: string
  /** Bytes to send; absent: receive. */
  readonly upload?: number
}

const BULK_SETTLE_MS = 1_000
const CHUNK = new Uint8Array(256 * 1024)

/** A download without an end in sight, read as fast as it comes in a thread of its own. */
export interface Bulk extends AsyncDisposable {}

export async function startBulk(url: string, bearer: string): Promise<Bulk> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { url, bearer } })
  worker.on('error', () => {})
  // Its windows have found their size, and every process has compiled what it runs.
  await sleep(BULK_SETTLE_MS)
  return {
    async [Symbol.asyncDispose]() {
      await worker.terminate()
    },
  }
}

/** Moves one body in a thread of its own. Resolves with MiB per second, by the bytes that arrived. */
export function transfer(options: TransferOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: options })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

function move({ url, bearer, upload }: TransferOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const outgoing = request(url, {
      method: upload === undefined ? 'GET' : 'POST',
      headers: {
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...(upload === undefined ? {} : { 'content-length': String(upload) }),
      },
    })
    outgoing.once('error', reject)
    outgoing.once('response', (response) => {
      let received = 0
      let text = ''
      response.on('data', (bytes: Buffer) => {
        received += bytes.length
        if (upload !== undefined) text += bytes.toString()
      })
      response.once('error', reject)
      response.once('end', () => {
        const moved = upload === undefined ? received : Number(text)
        const seconds = (performance.now() - startedAt) / 1000
        if (response.statusCode !== 200) reject(new Error(`answered ${response.statusCode}`))
        else resolve(moved / 1024 / 1024 / seconds)
      })
    })
    if (upload === undefined) outgoing.end()
    else send(outgoing, upload)
  })
}

function send(outgoing: ReturnType<typeof request>, bytes: number): void {
  let left = bytes
  const write = (): void => {
    while (left > 0) {
      left -= CHUNK.length
      if (!outgoing.write(CHUNK)) {
        outgoing.once('drain', write)
        return
      }
    }
    outgoing.end()
  }
  write()
}

if (!isMainThread) parentPort?.postMessage(await move(workerData as TransferOptions))
