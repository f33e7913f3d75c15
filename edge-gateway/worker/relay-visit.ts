import { checkQuery, queryNames } from '../../protocol/http/check-query.ts'
import { routeAccess, type RouteAccess } from '../../protocol/http/route-access.ts'
import type { MaybePromise } from '../../protocol/maybe-promise.ts'
import { askingOrigin } from '../door/asking-origin.ts'
import { checkCredential, type Credential } from '../door/credential.ts'
import type { PublicRequest, RequestFault } from '../door/public-request.ts'
import type { Refusal } from '../door/refusal.ts'
import { invalidQuery, LOCAL_ONLY } from '../door/refusals.ts'
import { type StrangerLimit, STRANGERS } from '../door/stranger-limits.ts'
import type { Visit } from '../door/visit.ts'
import { asksForEvents, isFeed } from '../streams/asks-for-events.ts'
import { relayEvents, type SendHead } from '../streams/start-event-relay.ts'
import type { HostRequest } from './host-request.ts'
import { isLocalPath } from './local-route.ts'
import { GATEWAY_METRICS, isMetricsTarget, METRICS_METHODS } from './metrics-route.ts'
import { kindOf, type Sender, sendToObject } from './send-to-object.ts'

/** A public request that is to be relayed to home, or for the gateway's metrics. */
export class RelayVisit implements Visit<Credential, Response> {
  readonly client: string | undefined
  readonly strangers = STRANGERS
  /** It shows something that the owner has signed. Known once it has its answer. */
  signed = false
  readonly #asked: HostRequest
  readonly #read: PublicRequest | RequestFault
  #metrics = false
  /** Undefined where no route is. */
  #access: RouteAccess | undefined

  constructor(asked: HostRequest, read: PublicRequest | RequestFault) {
    this.#asked = asked
    this.#read = read
    this.client = read.client
  }

  /** Of its route too: one that answers at home only is refused to everybody. */
  formFault(): Refusal | undefined {
    const read = this.#read
    if ('code' in read) return read
    const { method, target } = read.head
    this.#metrics = isMetricsTarget(target)
    this.#access = this.#metrics ? GATEWAY_METRICS : routeAccess(method, target)
    return mayBeLocal(this.#access, target) && isLocalPath(target) ? LOCAL_ONLY : undefined
  }

  credential(): MaybePromise<Credential | Refusal> {
    const { head, authorization } = this.#good
    return checkCredential(this.#access, head.target, authorization, this.#asked.owner)
  }

  strangerLimitOf({ stranger }: Credential): StrangerLimit | undefined {
    return stranger ? STRANGERS : undefined
  }

  admit(shown: Credential): MaybePromise<Response> {
    this.signed = shown.signed
    return this.#metrics ? this.#measure(shown) : this.#forward(shown)
  }

  refuse(refusal: Refusal, shown?: Credential): MaybePromise<Response> {
    this.signed = shown?.signed === true
    return this.#asked.refuse(refusal)
  }

  /** `formFault` has found none. */
  get #good(): PublicRequest {
    return this.#read as PublicRequest
  }

  /** Never relayed: whatever the method, home does not hear of it. */
  #measure(shown: Credential): MaybePromise<Response> {
    const { head } = this.#good
    if (!METRICS_METHODS.includes(head.method)) {
      return this.#asked.refuse({
        code: 'METHOD_NOT_ALLOWED',
        message: 'The metrics of the gateway can only be read',
        allow: METRICS_METHODS.join(', '),
      })
    }
    const fault = checkQuery(queryNames(head.target), [])
    if (fault !== undefined) return this.#asked.refuse(invalidQuery(fault))
    return sendToObject(this.#good, 'metrics', this.#sender(shown, undefined))
  }

  #forward(shown: Credential): Promise<Response> {
    const read = this.#good
    const { head } = read
    // An open route tells every page the same.
    const origin = this.#access?.scopes === 'open' ? undefined : askingOrigin(head)
    if (!asksForEvents(head, this.#access)) {
      return sendToObject(read, kindOf(head), this.#sender(shown, origin))
    }
    const sendHead: SendHead = (asked, kind) =>
      sendToObject({ ...read, head: asked }, kind, this.#sender(shown, origin))
    return relayEvents(head, isFeed(head, this.#access), sendHead, this.#asked.request.signal)
  }

  /** Who came by a code counts as a stranger in rates alone: of what all share, those who show nothing take nothing of theirs. */
  #sender({ tokenId, signed }: Credential, origin: string | undefined): Sender {
    const { request } = this.#asked
    const access = this.#access
    return { request, access, object: this.#asked.object(), tokenId, stranger: !signed, origin }
  }
}

/** Almost no request gets further than this: the rule of a plain path is its own. */
function mayBeLocal(access: RouteAccess | undefined, target: string): boolean {
  return access === undefined || access.local === true || target.includes('%')
}
