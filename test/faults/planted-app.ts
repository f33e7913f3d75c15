import type { RequestFacts } from '../../local-daemon/http/request-facts.ts'
import type { TunnelApp } from '../../local-daemon/tunnel/tunnel-app.ts'
import { sequenceOf } from './sequence-of.ts'

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
          if (isAppend(request) && hits()) return acknowledged(request)
          return app.fetch(request, facts)
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

async function acknowledged(request: Request): Promise<Response> {
  await request.arrayBuffer()
  const id = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('hex')
  return Response.json({ object: 'record', id }, { status: 201 })
}

async function resumeElsewhere(
  app: TunnelApp,
  request: Request,
  facts: RequestFacts,
  by: number,
): Promise<void> {
  const last = request.headers.get('last-event-id')
  if (last === null) return
  const seq = Math.max(0, sequenceOf(last) + by)
  if (seq === 0) request.headers.delete('last-event-id')
  else request.headers.set('last-event-id', (await cursorAt(app, request, facts, seq)) ?? last)
}

/** The cursor after so many records of the store; undefined if it has not as many. */
async function cursorAt(
  app: TunnelApp,
  { url, headers }: Request,
  facts: RequestFacts,
  seq: number,
): Promise<string | undefined> {
  const asked = new Headers({ authorization: headers.get('authorization') ?? '' })
  const changes = new URL(`/v1/sync/changes?limit=${seq}`, url)
  const answer = await app.fetch(new Request(changes, { headers: asked }), facts)
  const { next_cursor: cursor } = (await answer.json()) as { next_cursor: string }
  return sequenceOf(cursor) === seq ? cursor : undefined
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
