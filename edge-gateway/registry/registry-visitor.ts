import { encodeHex } from '../../protocol/encoding/hex.ts'
import { sha256 } from '../../protocol/encoding/sha256.ts'
import { JOIN_PATH, verifyRegistryRequest } from '../../protocol/identity/registry-request.ts'
import type { VerifiedRequest } from '../../protocol/identity/request-signature.ts'
import { parseCode, verifyCode } from '../../protocol/identity/signed-code.ts'
import { checkHost } from '../door/public-host.ts'
import type { PublicUrl } from '../door/public-request.ts'
import type { Refusal } from '../door/refusal.ts'
import { invalidQuery, OTHER_HOST } from '../door/refusals.ts'
import type { RegistrySettings } from '../deployment/settings.ts'
import {
  BODY_TOO_LARGE,
  INVITE_INVALID,
  NO_SUCH_ROUTE,
  OTHER_METHOD,
  SIGNATURE_REFUSALS,
} from './refusals.ts'
import { readBody, readJoinBody } from './registry-body.ts'
import type { JoinRequest } from './registry-object.ts'
import { type AdminRoute, registryQueryFault, registryRoute } from './registry-routes.ts'

/** Who asks the registry, and for what. Anybody may ask for a challenge. */
export type RegistryVisitor =
  | { readonly as: 'anybody' }
  | { readonly as: 'invited'; readonly proof: VerifiedRequest; readonly join: JoinRequest }
  | {
      readonly as: 'admin'
      readonly proof: VerifiedRequest
      readonly route: AdminRoute
      /** What is signed, as text. */
      readonly body: string
    }

/**
 * Checks all of a request that can be checked without the registry: its form, its signature and its invite.
 * @param isOwnHost whether its host is one of this gateway
 */
export async function readVisitor(
  request: Request,
  { scheme, host, target }: PublicUrl,
  { serves: { admin, adminKey } }: RegistrySettings,
  isOwnHost: () => Promise<boolean>,
): Promise<RegistryVisitor | Refusal> {
  const { method, headers } = request
  const route = registryRoute(method, target)
  if (route === undefined) return NO_SUCH_ROUTE
  if ('allow' in route) return { ...OTHER_METHOD, ...route }
  const fault = checkHost(host, headers.get('host') ?? undefined, scheme)
  if (fault !== undefined) return { code: fault.code, message: fault.message }
  // A request signed for another host was meant for another gateway, and somebody passed it on.
  if (!(await isOwnHost())) return OTHER_HOST
  if (route.kind === 'challenge') return { as: 'anybody' }
  const body = await readBody(request)
  if (body === undefined) return BODY_TOO_LARGE
  const proof = await verifyRegistryRequest(
    { method, authority: host, target, body },
    {
      'content-digest': headers.get('content-digest') ?? '',
      'signature-input': headers.get('signature-input') ?? '',
      signature: headers.get('signature') ?? '',
    },
    // A new owner signs with a key that this gateway does not know yet.
    route.kind === 'join' ? undefined : admin,
  )
  if (typeof proof === 'string') return SIGNATURE_REFUSALS[proof]
  const query = registryQueryFault(route, target)
  if (query !== undefined) return invalidQuery(query)
  if (route.kind !== 'join') return { as: 'admin', proof, route, body }
  const join = await readJoin(body, adminKey)
  return 'code' in join ? join : { as: 'invited', proof, join }
}

async function readJoin(text: string, adminKey: Uint8Array): Promise<JoinRequest | Refusal> {
  const body = readJoinBody(text)
  if (!('hostname' in body)) return body
  const inviteId = await inviteIdOf(body.code, adminKey)
  return inviteId === undefined ? INVITE_INVALID : { inviteId, hostname: body.hostname }
}

/** `invite_id` of a code that the admin has signed and that has not expired. */
async function inviteIdOf(code: string, adminKey: Uint8Array): Promise<string | undefined> {
  const parsed = parseCode(code)
  if (parsed?.kind !== 'gateway') return undefined
  const now = Math.floor(Date.now() / 1000)
  if (!(await verifyCode(parsed, JOIN_PATH, adminKey, now))) return undefined
  return encodeHex(await sha256(parsed.nonce))
}
