import { WebSocket } from 'ws'
import { EventReader, type SeenEvent } from './events.ts'
import type { RealHome } from '../daemon/a-real-home.ts'

/** A public client that follows a feed and remembers what it got. */
export interface Subscriber {
  /** Ids of the records so far, in order. */
  readonly ids: readonly string[]
  /** Every event so far, by its name; a comment as `:`. */
  readonly names: readonly string[]
  /** How it ended; undefined while it goes on. */
  readonly ending: () => string | undefined
  /** Data of the last event called `error`. */
  readonly error: () => unknown
  leave(): Promise<void>
}

/** By server-sent events, with the bearer unless there is a ticket; resolves once the answer's head is there. */
export async function subscribe(
  home: RealHome,
  path = '/v1/sync/subscribe',
  bearer = home.bearer,
): Promise<Subscriber> {
  const answer = await fetch(home.gateway.origin + path, { headers: shown(path, bearer) })
  if (answer.status !== 200) throw new Error(await answer.text())
  const events = new EventReader(answer)
  const notes = new Notes()
  const reading = (async () => {
    for (;;) {
      const event = await events.next()
      if (event === undefined) return notes.end('end')
      notes.add(event)
    }
  })().catch((error: Error) => notes.end(error.message))
  return notes.subscriber(async () => {
    await events.cancel()
    await reading
  })
}

/** By WebSocket; resolves once it is open. */
export async function subscribeBySocket(
  home: RealHome,
  path = '/v1/sync/subscribe',
  bearer = home.bearer,
): Promise<Subscriber> {
  const socket = new WebSocket(`ws://localhost:${home.gateway.port}${path}`, {
    headers: shown(path, bearer),
    perMessageDeflate: false,
  })
  const notes = new Notes()
  socket.on('message', (data: Buffer) => {
    const { event, id, data: content } = JSON.parse(data.toString()) as Record<string, unknown>
    if (event === 'heartbeat') notes.add({ comment: event })
    else notes.add({ event: String(event), id: id as string, data: JSON.stringify(content) })
  })
  const closed = new Promise<void>((resolve) => {
    socket.on('close', (code, reason) => {
      notes.end(`${code} ${reason.toString()}`.trim())
      resolve()
    })
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  return notes.subscriber(async () => {
    socket.close()
    await closed
  })
}

/** A page that has a ticket in its URL sends no header. */
function shown(path: string, bearer: string): Record<string, string> {
  return path.includes('ticket=') ? {} : { authorization: `Bearer ${bearer}` }
}

class Notes {
  readonly #ids: string[] = []
  readonly #names: string[] = []
  #error: unknown
  #ending: string | undefined

  add(seen: SeenEvent): void {
    if ('comment' in seen) return void this.#names.push(':')
    this.#names.push(seen.event)
    const data = JSON.parse(seen.data) as { readonly id?: string }
    if (seen.event === 'record') this.#ids.push(data.id ?? '')
    if (seen.event === 'error') this.#error = data
  }

  end(how: string): void {
    this.#ending ??= how
  }

  subscriber(leave: () => Promise<void>): Subscriber {
    return {
      ids: this.#ids,
      names: this.#names,
      ending: () => this.#ending,
      error: () => this.#error,
      leave,
    }
  }
}
