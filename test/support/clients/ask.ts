import { hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { head, open, type Answer, type Sending } from './send.ts'

/** Requests and bodies of a client, or of many. */
export interface Traffic {
  underWay: number
  /** Bodies that have come in large part, but not whole. */
  longBodies?: number
}

/** Milliseconds that a client waits: longer than the gateway holds a request for a daemon that is away. */
const LIMIT_MS = 20_000

/**
 * A public request on a connection of its own, with the whole answer.
 * @throws Error when the connection broke, the body was cut, or nothing came in time
 */
export async function ask(
  { port, traffic }: { readonly port: number; readonly traffic: Traffic },
  sending: Sending,
): Promise<Answer> {
  const { request, answer } = open(port, sending)
  traffic.underWay += 1
  const late = setTimeout(() => request.destroy(new Error('no answer in time')), LIMIT_MS)
  try {
    const incoming = await answer
    const body = await bodyOf(incoming, traffic)
    if (!incoming.complete) throw new Error('the body was cut')
    const text = body.toString()
    return {
      ...head(incoming),
      body,
      text,
      json: () => JSON.parse(text) as Record<string, unknown>,
    }
  } finally {
    traffic.underWay -= 1
    clearTimeout(late)
  }
}

/** Bytes after which a body that is not whole counts as a long one. */
const LONG_BYTES = 64 * 1024

async function bodyOf(incoming: IncomingMessage, traffic: Traffic): Promise<Buffer> {
  const parts: Buffer[] = []
  let bytes = 0
  let isLong = false
  const count = (by: number) => (traffic.longBodies = (traffic.longBodies ?? 0) + by)
  try {
    for await (const part of incoming as AsyncIterable<Buffer>) {
      parts.push(part)
      bytes += part.length
      if (isLong || bytes < LONG_BYTES) continue
      isLong = true
      count(1)
    }
  } finally {
    if (isLong) count(-1)
  }
  return Buffer.concat(parts)
}

/** Of text as it lies on the wire. */
export function sha256(text: string | Buffer): string {
  return hash('sha256', text)
}
