import type { VerifiedProof } from '../../protocol/tunnel/connect-proof.ts'

/**
 * How the Worker speaks to the object. Only the binding reaches the object, and the Worker builds each
 * of these requests from nothing, so no client's header can pass for one of them.
 */

/** The request head as JSON (heads.ts): checked once in the Worker, forwarded as it is. */
export const HEAD_HEADER = 'x-spl-head'

export const CONNECT_URL = 'https://tunnel/connect'
/** The question for a challenge, which the next connect proof is signed over. */
export const CHALLENGE_URL = 'https://tunnel/challenge'
/** A preflight, or the question what CORS says to an origin: answered with headers alone. */
export const CORS_URL = 'https://tunnel/cors'
/** The origins that are allowed, as a list: for refusals that are made without the object. */
export const ORIGINS_URL = 'https://tunnel/origins'
/** Tries whether storage takes a write: to an object of its own, which fails if it does not. */
export const STORAGE_PROBE_URL = 'https://tunnel/room'
/** The name of that object. No owner has it: theirs are did:keys. */
export const STORAGE_PROBE_OBJECT = 'room'
const RELAY_URL = 'https://tunnel/relay/'
/** In place of a `token_id`: nothing was shown; a code for one use was. */
const STRANGER = '-'
const CODE = '+'
/** Behind the bytes of a body. */
const ANY_LENGTH = '+'

/**
 * `body`: one that may have a body. `bare`: GET. `events`: its answer may be an event stream, and crosses the bridge
 * then. `feed`: the same of a route whose answer is one, and whose client waits in the Worker for home's return, not
 * here. `resume`: the same again, for the rest of a stream that was let in before. `metrics`: for the object itself,
 * and never relayed.
 */
export type RelayedKind =
  | 'bare'
  | 'head'
  | 'body'
  | 'websocket'
  | 'events'
  | 'feed'
  | 'resume'
  | 'metrics'

/** What the object must know before it looks at anything else of a relayed request. */
export interface Relayed {
  readonly kind: RelayedKind
  /** `token_id` of the bearer; absent where the request needs none. */
  readonly tokenId: string | undefined
  /** It shows nothing that the owner has signed, and needs nothing. */
  readonly stranger: boolean
  /** Scopes of which the route needs one, as bits; 0: whatever scopes. */
  readonly scopes: number
  /** Bytes of body that are announced to a route of the daemon; 0: none, unknown, or no such route. */
  readonly bodyBytes: number
  /** The daemon's limit of a body is not for this route. */
  readonly anyLength: boolean
  readonly requestId: string
  /** Tag of the thread that it is about, where the policy may refuse by that; absent: home decides. */
  readonly thread?: string | undefined
  /** Whose page asks, where only its origin keeps other pages out; absent: nobody's, or its host's own. */
  readonly origin?: string | undefined
}

/** In the URL and not in fields of their own: every property and header that is read costs (measured). */
export function relayUrl(relayed: Relayed): string {
  const { kind, tokenId, stranger, scopes, anyLength, requestId, origin, thread } = relayed
  const bodyBytes = `${relayed.bodyBytes}${anyLength ? ANY_LENGTH : ''}`
  const who = tokenId ?? (stranger ? STRANGER : CODE)
  const bare = origin === undefined && thread === undefined
  const asked = bare ? '' : `/${encodeURIComponent(origin ?? '')}`
  const about = thread === undefined ? '' : `/${thread}`
  return `${RELAY_URL}${kind}/${who}/${scopes}/${bodyBytes}/${requestId}${asked}${about}`
}

/** Undefined for a URL that `relayUrl` did not make. */
export function readRelayUrl(url: string): Relayed | undefined {
  if (!url.startsWith(RELAY_URL)) return undefined
  const parts = url.slice(RELAY_URL.length).split('/')
  const [kind, who, scopes, bodyBytes = '', requestId = '', origin = '', thread] = parts
  return {
    kind: kind as RelayedKind,
    tokenId: who === STRANGER || who === CODE ? undefined : who,
    stranger: who === STRANGER,
    scopes: Number(scopes),
    bodyBytes: Number.parseInt(bodyBytes, 10),
    anyLength: bodyBytes.endsWith(ANY_LENGTH),
    requestId,
    thread,
    origin: origin === '' ? undefined : decodeURIComponent(origin),
  }
}

/** A verified connect proof, and the process that takes no other's place, if it is one. */
export interface Knock extends VerifiedProof {
  readonly yields?: string
}

/** A knock as JSON. */
export const CONNECT_HEADER = 'x-spl-connect'

/** JSON with everything beyond ASCII escaped: a header's value is a byte string. */
export function headerSafe(json: string): string {
  if (!/[^\x20-\x7e]/.test(json)) return json
  return json.replaceAll(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
