import type { RequestHead } from '../../protocol/tunnel/heads.ts'
import { checkQuery, queryNames } from '../../protocol/http/check-query.ts'
import { isPreflight } from '../../protocol/http/cors.ts'
import { routeAccess, type RouteAccess } from '../../protocol/http/route-access.ts'
import type { Env } from '../env.ts'
import type { HostOwner } from '../host-owner.ts'
import type { Refusal } from '../refusal.ts'
import type { Settings } from '../settings.ts'
import {
  HEAD_HEADER,
  headerSafe,
  relayUrl,
  type Relayed,
  type RelayedKind,
} from '../tunnel/internal.ts'
import { logFault } from '../tunnel/log-fault.ts'
import { asksForEvents, isFeed } from '../streams/asks-for-events.ts'
import { relayEvents, type SendHead } from '../streams/relay-events.ts'
import { askingOrigin } from './asking-origin.ts'
import { checkCredential, type Credential, type CredentialFault } from './credential.ts'
import { answerPreflight, refuseReadably } from './cors.ts'
import { Door, type Given } from './door.ts'
import { isLocalPath } from './local-route.ts'
import { objectOf } from './owner-object.ts'
import { readPublicRequest, type PublicRequest, type PublicUrl } from './public-request.ts'
import { CREDENTIAL_REFUSALS, invalidQuery, LOCAL_ONLY, refusalOfFailure } from './refusals.ts'
import { GATEWAY_METRICS, isMetricsTarget, METRICS_METHODS } from './metrics-route.ts'
import { routeBits } from './route-bits.ts'
import { tellPage } from './tell-page.ts'

type Answer = Given<Response>

/**
 * Lets a public request through to the object, or answers it here: the address's rate first, then form,
 * route and credential. Nothing is awaited for a known bearer, so that it costs no turn.
 */
export function relay(
  request: Request,
  url: PublicUrl,
  env: Env,
  settings: Settings,
  owner: HostOwner,
): Answer {
  const object = () => objectOf(env, owner)
  const asked = { requestId: crypto.randomUUID() }
  let isSigned = false
  const read = readPublicRequest(request, url, settings, asked.requestId)
  const door = new Door<Response>(env, settings, read.client, deny)
  const entered = door.enter(admit)
  const answer = entered instanceof Promise ? entered.catch(tellLost) : entered
  if ('code' in read || read.head.upgrade === undefined) return answer
  const foreign = askingOrigin(read.head) !== undefined
  return Promise.resolve(answer).then((given) =>
    isSigned ? tellPage(request, foreign, given) : given,
  )

  function admit(): Answer {
    // What is wrong with a request its page can read only if it may ask.
    if (isPreflight(request)) return preflight()
    if ('code' in read) return deny(read)
    const { head, authorization } = read
    const { target } = head
    const metrics = isMetricsTarget(target)
    const access = metrics ? GATEWAY_METRICS : routeAccess(head.method, target)
    if (mayBeLocal(access, target) && isLocalPath(target)) return deny(LOCAL_ONLY)
    const shown = checkCredential(access, target, authorization, owner)
    const decide = (credential: Credential | CredentialFault): Answer => {
      isSigned = typeof credential !== 'string' && credential.signed
      if (typeof credential === 'string' || credential.stranger) {
        return askStranger(read, access, credential)
      }
      if (metrics) return measure(read, credential)
      return forward(request, read, access, credential, object)
    }
    return shown instanceof Promise ? shown.then(decide) : decide(shown)
  }

  /** Only the object knows the origins, so it is asked first; one that is denied counts as a stranger's request. */
  async function preflight(): Promise<Response> {
    const answer = await answerPreflight(request, asked, object)
    return answer.status === 204 ? answer : door.asStranger(() => answer)
  }

  /** The object has failed, or was restarted under it; the runtime would say so without a code. */
  function tellLost(error: unknown): Answer {
    logFault('relay', error, asked.requestId)
    return deny(refusalOfFailure(error, Date.now()))
  }

  function deny(refusal: Refusal): Answer {
    return refuseReadably(refusal, asked, request, owner.objectName, object)
  }

  /** Never relayed: whatever the method, home does not hear of it. */
  function measure(good: PublicRequest, shown: Credential): Answer {
    if (!METRICS_METHODS.includes(good.head.method)) {
      return deny({
        code: 'METHOD_NOT_ALLOWED',
        message: 'The metrics of the gateway can only be read',
        allow: METRICS_METHODS.join(', '),
      })
    }
    const fault = checkQuery(queryNames(good.head.target), [])
    if (fault !== undefined) return deny(invalidQuery(fault))
    return send(request, good, 'metrics', GATEWAY_METRICS, asker(shown, undefined), object())
  }

  function askStranger(
    good: PublicRequest,
    access: RouteAccess | undefined,
    shown: Credential | CredentialFault,
  ): Answer {
    if (typeof shown === 'string') return door.refuseStranger(CREDENTIAL_REFUSALS[shown])
    return door.asStranger(() => forward(request, good, access, shown, object))
  }
}

function forward(
  request: Request,
  read: PublicRequest,
  access: RouteAccess | undefined,
  shown: Credential,
  object: () => Fetcher,
): Promise<Response> {
  const { head } = read
  // An open route tells every page the same.
  const origin = access?.scopes === 'open' ? undefined : askingOrigin(head)
  if (!asksForEvents(head, access)) {
    return send(request, read, kindOf(head), access, asker(shown, origin), object())
  }
  // A stub that threw is of no use any more: each try takes a new one.
  const sendHead: SendHead = (asked, kind) =>
    send(request, { ...read, head: asked }, kind, access, asker(shown, origin), object())
  return relayEvents(head, isFeed(head, access), sendHead, request.signal)
}

function send(
  request: Request,
  { head, bodyBytes }: PublicRequest,
  kind: RelayedKind,
  access: RouteAccess | undefined,
  by: Asker,
  object: Fetcher,
): Promise<Response> {
  const headers: Record<string, string> = { [HEAD_HEADER]: headerSafe(JSON.stringify(head)) }
  if (BRIDGED.has(kind)) headers['upgrade'] = 'websocket'
  const url = relayUrl({
    kind,
    ...by,
    scopes: routeBits(access),
    bodyBytes: access === undefined ? 0 : bodyBytes,
    requestId: head.request_id,
  })
  // Redirects are the daemon's answer to the client, not an order to this Worker.
  const { method } = head
  if (kind !== 'body') return object.fetch(url, { method, headers, redirect: 'manual' })
  return object.fetch(url, { method, headers, body: request.body, redirect: 'manual' })
}

type Asker = Pick<Relayed, 'tokenId' | 'stranger' | 'origin'>

/** Who came by a code counts as a stranger in rates alone: of what all share, those who show nothing take nothing of theirs. */
function asker({ tokenId, signed }: Credential, origin: string | undefined): Asker {
  return { tokenId, stranger: !signed, origin }
}

const BRIDGED: ReadonlySet<RelayedKind> = new Set(['websocket', 'events', 'feed', 'resume'])

function kindOf({ method, upgrade }: RequestHead): RelayedKind {
  if (upgrade !== undefined) return 'websocket'
  if (method === 'GET') return 'bare'
  return method === 'HEAD' ? 'head' : 'body'
}

/** Almost no request gets further than this: the rule of a plain path is its own. */
function mayBeLocal(access: RouteAccess | undefined, target: string): boolean {
  return access === undefined || access.local === true || target.includes('%')
}
