import { refuse, type Refusal } from '../door/refusal.ts'
import { NO_ORIGIN } from '../door/refusals.ts'
import { type StrangerLimit, STRANGERS } from '../door/stranger-limits.ts'
import type { Visit } from '../door/visit.ts'
import type { MaybePromise } from '../../protocol/maybe-promise.ts'
import { CORS_URL } from '../internal/relayed.ts'
import type { HostRequest } from './host-request.ts'

/** What a preflight may ask; everything else of it means nothing. */
const ASKED = [
  'origin',
  'access-control-request-method',
  'access-control-request-private-network',
  'access-control-request-local-network',
] as const

interface PreflightAnswer {
  readonly answer: Response
  readonly allowed: boolean
}

/** A preflight, answered by the object's policy: before any bearer, and without home. */
export class PreflightVisit implements Visit<PreflightAnswer, Response> {
  readonly client: string | undefined
  readonly strangers = STRANGERS
  readonly #asked: HostRequest

  constructor(asked: HostRequest, client: string | undefined) {
    this.#asked = asked
    this.client = client
  }

  formFault(): undefined {}

  /** Only the object knows the origins, so it is asked first. */
  async credential(): Promise<PreflightAnswer> {
    const { request, requestId } = this.#asked
    const headers: Record<string, string> = {}
    for (const name of ASKED) {
      const value = request.headers.get(name)
      if (value !== null) headers[name] = value
    }
    const said = await this.#asked.object().fetch(CORS_URL, { method: 'OPTIONS', headers })
    const fields = Object.fromEntries(said.headers)
    if (said.status !== 204) {
      return { answer: refuse(NO_ORIGIN, { requestId, cors: () => fields }), allowed: false }
    }
    const answer = new Response(null, {
      status: 204,
      headers: { ...fields, 'x-request-id': requestId },
    })
    return { answer, allowed: true }
  }

  /** One that is denied counts as a stranger's request. */
  strangerLimitOf({ allowed }: PreflightAnswer): StrangerLimit | undefined {
    return allowed ? undefined : STRANGERS
  }

  admit({ answer }: PreflightAnswer): Response {
    return answer
  }

  refuse(refusal: Refusal): MaybePromise<Response> {
    return this.#asked.refuse(refusal)
  }
}
