import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from '../../support/clients/send.ts'
import { ask, sha256 } from '../../support/clients/ask.ts'
import type { Append } from '../history.ts'
import type { PublicSide } from '../public-side.ts'

/** What an outage may answer: the gateway's own refusals, and nothing that the daemon says. */
const OUTAGES: ReadonlySet<number> = new Set([502, 503, 504])
const AGAIN_MS = 50

/**
 * Appends one record, and repeats the request with the same key until the gateway says that it is there.
 * @param size bytes of filling
 * @param twice sends it twice at once, as an impatient client does
 * @returns the record's id; undefined when it was given up
 */
export async function appendUntilTold(
  side: PublicSide,
  wanted: { readonly key: string; readonly thread: string; readonly size: number },
  twice: boolean,
): Promise<string | undefined> {
  const { key, thread, size } = wanted
  const append: Append = { key, thread, tries: 0, acknowledged: new Set() }
  side.history.appends.set(key, append)
  const body = JSON.stringify({
    thread,
    act: 'DO',
    body: { key, filling: 'a'.repeat(size) },
  })
  const sending = {
    method: 'POST',
    path: '/v1/records',
    headers: [
      side.authorization,
      ['content-type', 'application/json'],
      ['content-length', String(Buffer.byteLength(body))],
      ['idempotency-key', key],
    ] as const,
    body,
  }
  async function once(): Promise<string | undefined> {
    append.tries += 1
    const answer = await ask(side, sending).catch(() => undefined)
    const id = answer && idOf(side, answer, key)
    if (id !== undefined) append.acknowledged.add(id)
    return id
  }
  for (const deadline = performance.now() + side.patienceMs; performance.now() < deadline;) {
    const ids = await Promise.all(twice ? [once(), once()] : [once()])
    const id = ids.find((id) => id !== undefined)
    if (id !== undefined) return id
    await sleep(AGAIN_MS)
  }
  return undefined
}

function isFullDisk({ storeMayFail }: PublicSide, { status, text }: Answer): boolean {
  return storeMayFail === true && status === 507 && text.includes('STORE_FULL')
}

function idOf(side: PublicSide, answer: Answer, key: string): string | undefined {
  const { status, text, body } = answer
  if (status === 200 || status === 201) {
    // By its first words, not as JSON: a cut body is for its own checker to find.
    const id = /^\{"object":"record","id":"([0-9a-f]{64})"/.exec(text)?.[1]
    const taken = { path: '/v1/records', bytes: body.length, sha256: sha256(body) }
    if (id !== undefined) side.history.bodies.push({ ...taken, kind: 'record', id })
    return id
  }
  if (OUTAGES.has(status) || isFullDisk(side, answer)) return undefined
  side.history.surprises.push(`append ${key}: ${status} ${text.slice(0, 500)}`)
  return undefined
}
