import type { RequestFacts } from '../../../local-daemon/access/request-facts.ts'
import type { TunnelApp } from '../../../local-daemon/tunnel/tunnel-app.ts'
import { sequenceOf } from '../checks/sequence-of.ts'

/**
 * Bugs that a daemon could have, put between the tunnel and the real app: each is there to prove that its
 * checker sees it.
 */
export type PlantedInApp =
  /** Some appends are acknowledged and stored nowhere. */
  | 'acknowledges-nothing'
  /** The Idempotency-Key is not looked at. */
  | 'forgets-keys'
  /** Some events never leave. */
  | 'drops-an-event'
  /** A feed is resumed one record too late, or one too early. */
  | 'resumes-late'
  | 'resumes-early'
  /** A byte of a record is another one. */
  | 'changes-a-byte'
  /** Each request leaves memory behind. */
  | 'leaks-memory'
  /** It says that an account is revoked, and leaves it as it was. */
  | 'revokes-nothing'
  /** It acknowledges an append at once, and stores it when it can. */
  | 'acknowledges-early'
  /** It acknowledges an append that the store has refused. */
  | 'acknowledges-refusals'

/** One of so many appends or events is hit. */
const EACH = 5
const LEAKED_BYTES = 512 * 1024
const leaked: Uint8Array[] = []
let seen = 0

export function plantedApp(bug: PlantedInApp, app: TunnelApp): TunnelApp {
  return {
    async fetch(request, facts) {
      switch (bug) {
        case 'acknowledges-nothing':
          if (!isAppend(request) || !hits()) return app.fetch(request, facts)
          await request.arrayBuffer()
          return acknowledged()
        case 'forgets-keys':
          request.headers.delete('idempotency-key')
          return app.fetch(request, facts)
        case 'drops-an-event':
          return mapped(await app.fetch(request, facts), 'text/event-stream', (text) =>
            text.includes('event: record') && hits() ? '' : text,
          )
        case 'resumes-late':
          await resumeElsewhere(app, request, facts, 1)
          return app.fetch(request, facts)
        case 'resumes-early':
          await resumeElsewhere(app, request, facts, -1)
          return app.fetch(request, facts)
        case 'changes-a-byte':
          return mapped(await app.fetch(request, facts), 'application/json', (text) =>
            text.replace('"filling":"a', '"filling":"b'),
          )
        case 'leaks-memory':
          leaked.push(new Uint8Array(LEAKED_BYTES).fill(1))
          return app.fetch(request, facts)
        case 'revokes-nothing':
          if (request.method === 'DELETE') return new Response(null, { status: 204 })
          return app.fetch(request, facts)
        case 'acknowledges-early': {
          if (!isAppend(request)) return app.fetch(request, facts)
          const { method, url, headers } = request
          const body = await request.arrayBuffer()
          void app.fetch(new Request(url, { method, headers, body }), facts)
          return acknowledged()
        }
        case 'acknowledges-refusals': {
          const answer = await app.fetch(request, facts)
          return isAppend(request) && answer.status >= 500 ? acknowledged() : answer
        }
      }
    },
  }
}

function hits(): boolean {
  seen += 1
  return seen % EACH === 0
}

function isAppend({ method, url }: Request): boolean {
  return method === 'POST' && new URL(url).pathname === '/v1/records'
}

function acknowledged(): Response {
  const id = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('hex')
  return Response.json({ object: 'record', id }, { status: 201 })
}

/** Lets a feed begin one record after, or one before, the one that its reader names. */
async function resumeElsewhere(
  app: TunnelApp,
  { url, headers }: Request,
  facts: RequestFacts,
  by: 1 | -1,
): Promise<void> {
  const last = headers.get('last-event-id')
  if (last === null) return
  const before = sequenceOf(last) - 1
  if (by === -1 && before < 1) return headers.delete('last-event-id')
  const query = by === 1 ? `since=${last}&limit=1&feed=longpoll` : `limit=${before}`
  const authorization = headers.get('authorization') ?? ''
  const changes = new Request(new URL(`/v1/sync/changes?${query}`, url), {
    headers: { authorization },
  })
  const answer = (await (await app.fetch(changes, facts)).json()) as { next_cursor: string }
  headers.set('last-event-id', answer.next_cursor)
}

/** An answer of this type with its chunks changed; the daemon hands on whole events. */
function mapped(answer: Response, type: string, change: (text: string) => string): Response {
  const { body } = answer
  if (body === null || !answer.headers.get('content-type')?.startsWith(type)) return answer
  const changed = body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(
      new TransformStream<string, string>({ transform: (text, to) => to.enqueue(change(text)) }),
    )
    .pipeThrough(new TextEncoderStream())
  return new Response(changed, { status: answer.status, headers: answer.headers })
}
