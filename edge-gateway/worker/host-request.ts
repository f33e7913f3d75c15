import { type CorsPolicy, decideCors } from '../../protocol/http/cors.ts'
import { andThen, type MaybePromise } from '../../protocol/maybe-promise.ts'
import type { HostOwner } from '../door/host-owner.ts'
import { refuse, type Refusal } from '../door/refusal.ts'
import type { Env } from '../deployment/env.ts'
import { logFault } from '../deployment/log-fault.ts'
import { KnownOrigins } from './known-origins.ts'
import { objectOf } from './owner-object.ts'
import { refusalOfFailure } from './refusal-of-failure.ts'

const origins = new KnownOrigins()
const VARY = { vary: 'Origin' } as const

/** A request to a host that has an owner: it can be sent to the owner's object, or refused. */
export class HostRequest {
  readonly request: Request
  readonly requestId: string = crypto.randomUUID()
  readonly #env: Env
  readonly #owner: HostOwner

  constructor(request: Request, env: Env, owner: HostOwner) {
    this.request = request
    this.#env = env
    this.#owner = owner
  }

  get owner(): HostOwner {
    return this.#owner
  }

  /** A stub that threw is of no use any more: each try takes a new one. */
  object(): Fetcher {
    return objectOf(this.#env, this.#owner)
  }

  /** A refusal made without the object, which alone knows whether the page that asked may read it. */
  refuse(refusal: Refusal): MaybePromise<Response> {
    const { headers } = this.request
    const origin = headers.get('origin')
    const { objectName } = this.#owner
    const known =
      origin === null ? undefined : origins.of(objectName, origin, () => this.object(), Date.now())
    return andThen<CorsPolicy | undefined, Response>(known, (policy) => {
      const fields =
        policy === undefined ? {} : decideCors({ method: 'GET', headers }, policy).headers
      return refuse(refusal, {
        requestId: this.requestId,
        cors: () => ({ ...VARY, ...fields }),
      })
    })
  }

  /** The object may fail, or be restarted under the request; the runtime would say so without a code. */
  orLost(answer: MaybePromise<Response>): MaybePromise<Response> {
    if (!(answer instanceof Promise)) return answer
    return answer.catch((error: unknown) => {
      logFault('relay', error, this.requestId)
      return this.refuse(refusalOfFailure(error, Date.now()))
    })
  }
}
