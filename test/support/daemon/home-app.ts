import type { RequestFacts } from '../../../local-daemon/access/request-facts.ts'
import type { AcceptedWebSocket, TunnelApp } from '../../../local-daemon/tunnel/tunnel-app.ts'

export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: readonly (readonly [string, string])[]
  readonly facts: RequestFacts
}

type Answer = (request: Request, facts: RequestFacts) => Response | Promise<Response>
type Accept = (
  request: Request,
) => AcceptedWebSocket | Response | Promise<AcceptedWebSocket | Response>

/** The app at home: each test says what its own path answers. It remembers every request. */
export class HomeApp implements TunnelApp {
  readonly seen: Seen[] = []
  readonly #answers = new Map<string, Answer>()
  readonly #accepts = new Map<string, Accept>()

  /** What requests for this path get. */
  answer(path: string, answer: Answer): void {
    this.#answers.set(path, answer)
  }

  /** What WebSocket handshakes for this path get. */
  accept(path: string, accept: Accept): void {
    this.#accepts.set(path, accept)
  }

  fetch(request: Request, facts: RequestFacts): Response | Promise<Response> {
    this.#note(request, facts)
    const answer = this.#answers.get(new URL(request.url).pathname)
    return answer === undefined ? new Response('home') : answer(request, facts)
  }

  async upgrade(request: Request, facts: RequestFacts): Promise<AcceptedWebSocket | Response> {
    this.#note(request, facts)
    const accept = this.#accepts.get(new URL(request.url).pathname)
    return accept === undefined ? new Response('no socket here', { status: 404 }) : accept(request)
  }

  #note(request: Request, facts: RequestFacts): void {
    const { method, url, headers } = request
    this.seen.push({ method, url, headers: [...headers], facts })
  }
}
