import type { MaybePromise } from '../../protocol/maybe-promise.ts'
import { refuse } from '../door/refusal.ts'
import { HOSTNAME_UNKNOWN } from '../door/refusals.ts'
import {
  CHALLENGE_URL,
  CONNECT_HEADER,
  CORS_URL,
  type Knock,
  ORIGINS_URL,
  readRelayUrl,
  type Relayed,
  STORAGE_PROBE_URL,
} from '../internal/relayed.ts'
import type { DaemonAdmission } from './connection/admit-daemon.ts'
import { answerMetrics } from './answer-metrics.ts'
import { AskedRequest } from './asked-request.ts'
import type { Dispatch } from './dispatch.ts'
import type { GatewayState } from './gateway-metrics.ts'
import type { Tenure } from './tenure.ts'
import { causeOf } from './traffic-counts.ts'

/** More than a policy has, so that what fails for want of room does not go on for want of a little less. */
const STORAGE_PROBE_BYTES = 512 * 1024

export interface AnswerParts {
  readonly storage: DurableObjectStorage
  readonly tenure: Tenure
  readonly dispatch: Dispatch
  readonly admission: DaemonAdmission
  /** How the object is now, for its metrics. */
  readonly state: () => GatewayState
}

/** What the Worker asks the object (internal/relayed.ts), and who answers it. */
export class WorkerAnswers {
  readonly #storage: DurableObjectStorage
  readonly #tenure: Tenure
  readonly #dispatch: Dispatch
  readonly #admission: DaemonAdmission
  readonly #state: () => GatewayState

  constructor({ storage, tenure, dispatch, admission, state }: AnswerParts) {
    this.#storage = storage
    this.#tenure = tenure
    this.#dispatch = dispatch
    this.#admission = admission
    this.#state = state
  }

  answer(request: Request): MaybePromise<Response> {
    // Read once: the runtime makes a new string each time.
    const { url } = request
    if (url === STORAGE_PROBE_URL) return this.#takeRoom()
    const { counts, policy } = this.#dispatch
    const relayed = readRelayUrl(url)
    if (this.#tenure.over) return refuseForGood(request, relayed)
    if (relayed !== undefined) {
      counts.called(causeOf(relayed.kind))
      if (relayed.kind !== 'metrics') return this.#dispatch.relay(request, relayed)
      const asked = new AskedRequest(request, relayed, this.#dispatch)
      return answerMetrics(asked, policy, counts, this.#state)
    }
    if (url === CORS_URL) {
      counts.called('cors')
      return this.#answerCors(request)
    }
    if (url === ORIGINS_URL) {
      counts.called('cors')
      return Response.json(policy.origins)
    }
    if (url === CHALLENGE_URL) {
      counts.called('challenge')
      return this.#admission.giveChallenge()
    }
    const proof = request.headers.get(CONNECT_HEADER)
    if (proof === null) return new Response(null, { status: 404 })
    counts.called('connect')
    return this.#admission.connect(JSON.parse(proof) as Knock)
  }

  /** If there is no room this fails, and the object with it: it is an object that no owner has. */
  #takeRoom(): Response {
    this.#storage.kv.put('room', new Uint8Array(STORAGE_PROBE_BYTES))
    return new Response(null, { status: 204 })
  }

  /** For the Worker, which has no policy: the decision's headers; 204, or 403 for a preflight that is denied. */
  #answerCors(request: Request): Response {
    const decision = this.#dispatch.policy.decideCors(request)
    const denied = decision.kind === 'preflight' && !decision.allowed
    return new Response(null, { status: denied ? 403 : 204, headers: decision.headers })
  }
}

function refuseForGood(request: Request, relayed: Relayed | undefined): Response {
  if (request.url === CORS_URL) return new Response(null, { status: 403 })
  if (request.url === ORIGINS_URL) return Response.json([])
  return refuse(HOSTNAME_UNKNOWN, { requestId: relayed?.requestId ?? crypto.randomUUID() })
}
