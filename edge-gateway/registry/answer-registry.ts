import { encodeHex } from '../../protocol/encoding/hex.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { ProblemCode } from '../../protocol/http/problem.ts'
import {
  JOIN_PATH,
  REGISTRY_PATH,
  verifyRegistryRequest,
} from '../../protocol/identity/registry-request.ts'
import type { SignatureFault, VerifiedRequest } from '../../protocol/identity/request-signature.ts'
import { sha256 } from '../../protocol/encoding/sha256.ts'
import { parseCode, verifyCode } from '../../protocol/identity/signed-code.ts'
import type { Env } from '../env.ts'
import { refuse, type Refusal } from '../refusal.ts'
import type { RegistryAdmin, Settings } from '../settings.ts'
import { Door } from '../worker/door.ts'
import { checkHost } from '../worker/public-host.ts'
import { clientOf, type PublicUrl } from '../worker/public-request.ts'
import { invalidQuery } from '../worker/refusals.ts'
import { INVITE_INVALID, NO_SUCH_ROUTE, OTHER_HOST } from './refusals.ts'
import { readBody, readInviteBody, readJoinBody, type JoinBody } from './registry-body.ts'
import { registryQueryFault, registryRoute, type RegistryRoute } from './registry-routes.ts'
import { registryOf } from './registry-stub.ts'
import type { ListedHostname, Outcome } from './registry-object.ts'
import type { Registration } from './registration.ts'
import type { InviteEntry } from './registry-book.ts'

/** Whether a request is for the registry itself, on any hostname. Such a request is never relayed. */
export function isRegistryTarget(target: string): boolean {
  if (!target.startsWith(REGISTRY_PATH)) return false
  return target.length === REGISTRY_PATH.length || /[/?]/.test(target[REGISTRY_PATH.length] ?? '')
}

/** The answer to a request: a refusal, or the value that it asked for. */
type Told = Refusal | { readonly answer: object }

/** What a Worker knows of hostnames without asking the registry. */
export interface RegistryHosts {
  /** A hostname was assigned or revoked. */
  changed(): void
  /** Whether the host of the request is one of this gateway. */
  isOwn(): Promise<boolean>
}

/**
 * The registry's door. It checks form, rate and signature, so that only valid requests wake the object.
 */
export async function answerRegistry(
  request: Request,
  { scheme, host, target }: PublicUrl,
  env: Env,
  settings: Settings,
  { admin, adminKey }: RegistryAdmin,
  { changed, isOwn }: RegistryHosts,
): Promise<Response> {
  const asked = { requestId: crypto.randomUUID() }
  const door = new Door<Told>(env, settings, clientOf(request, settings), (refusal) => refusal)
  const stranger = (refusal: Refusal) => door.refuseStranger(refusal)
  const outcome = await door.enter(decide)
  return 'code' in outcome ? refuse(outcome, asked) : json(outcome.answer, asked.requestId)

  async function decide(): Promise<Told> {
    const route = registryRoute(request.method, target)
    if (route === undefined) return stranger(NO_SUCH_ROUTE)
    if ('allow' in route) return stranger({ ...OTHER_METHOD, ...route })
    const fault = checkHost(host, request.headers.get('host') ?? undefined, scheme)
    if (fault !== undefined) return stranger({ code: fault.code, message: fault.message })
    // A request signed for another host was meant for another gateway, and somebody passed it on.
    if (!(await isOwn())) return stranger(OTHER_HOST)
    if (route.kind === 'challenge') return door.forChallenge(challenge)
    const body = await readBody(request)
    if (body === undefined) return stranger(TOO_LARGE)
    const now = Math.floor(Date.now() / 1000)
    const proof = await verifyRegistryRequest(
      { method: request.method, authority: host, target, body },
      {
        'content-digest': request.headers.get('content-digest') ?? '',
        'signature-input': request.headers.get('signature-input') ?? '',
        signature: request.headers.get('signature') ?? '',
      },
      // A new owner signs with a key that this gateway does not know yet.
      route.kind === 'join' ? undefined : admin,
    )
    if (typeof proof === 'string') return stranger(refusalOf(proof))
    const query = registryQueryFault(route, target)
    if (query !== undefined) return stranger(invalidQuery(query))
    if (route.kind === 'join') return join(proof, body, now)
    const answer = await askAsAdmin(env, route, proof, body, now)
    if (route.kind === 'revoke') changed()
    return answer
  }

  /** Requests that need no signature count as a stranger's, even if they succeed. */
  async function join(proof: VerifiedRequest, text: string, now: number): Promise<Told> {
    const body = readJoinBody(text)
    if (!('hostname' in body)) return stranger(body)
    const inviteId = await inviteIdOf(body, adminKey, now)
    if (inviteId === undefined) return stranger(INVITE_INVALID)
    const { hostname } = body
    return door.asStranger(async () => {
      const outcome = await registryOf(env).join(proof, { inviteId, hostname })
      if ('answer' in outcome) changed()
      return passed(outcome as Outcome<Registration>, registration)
    })
  }

  async function challenge(): Promise<Told> {
    const text = await registryOf(env).challenge()
    return { answer: { object: 'registry_challenge', challenge: text } }
  }
}

async function askAsAdmin(
  env: Env,
  route: Exclude<RegistryRoute, { kind: 'join' | 'challenge' }>,
  proof: VerifiedRequest,
  body: string,
  now: number,
): Promise<Told> {
  const registry = registryOf(env)
  switch (route.kind) {
    case 'invite': {
      const invite = readInviteBody(body, now)
      if ('code' in invite) return invite
      return passed((await registry.invite(proof, invite)) as Outcome<InviteEntry>, inviteShown)
    }
    case 'invites': {
      const found = (await registry.invites(proof)) as Outcome<readonly InviteEntry[]>
      return passed(found, (all) => list(all.map(inviteShown), null))
    }
    case 'cancel': {
      const cancelled = await registry.cancelInvite(proof, route.inviteId)
      return passed(cancelled as Outcome<InviteEntry>, inviteShown)
    }
    case 'hostnames': {
      const page = (await registry.hostnames(proof, route.after)) as Outcome<{
        readonly data: readonly ListedHostname[]
        readonly more: boolean
      }>
      return passed(page, ({ data, more }) =>
        list(data.map(listed), more ? (data.at(-1)?.hostname ?? null) : null),
      )
    }
    case 'revoke': {
      const revoked = await registry.revoke(proof, route.hostname)
      return passed(revoked as Outcome<ListedHostname>, listed)
    }
  }
}

/** `invite_id` of a code that the admin has signed and that has not expired. */
async function inviteIdOf(
  { code }: JoinBody,
  adminKey: Uint8Array,
  now: number,
): Promise<string | undefined> {
  const parsed = parseCode(code)
  if (parsed?.kind !== 'gateway') return undefined
  if (!(await verifyCode(parsed, JOIN_PATH, adminKey, now))) return undefined
  return encodeHex(await sha256(parsed.nonce))
}

function passed<Value>(outcome: Outcome<Value>, show: (value: Value) => object): Told {
  return 'refusal' in outcome ? outcome.refusal : { answer: show(outcome.answer) }
}

function registration({ hostname, owner, since }: Registration): object {
  return { object: 'gateway_hostname', hostname, owner, since }
}

function listed(one: ListedHostname): object {
  return { ...registration(one), connected: one.connected }
}

function inviteShown({ inviteId, hostname, createdAt, expiresAt, owner, joined }: InviteEntry) {
  return {
    object: 'gateway_invite',
    invite_id: inviteId,
    hostname,
    created_at: createdAt,
    expires_at: expiresAt,
    owner,
    joined,
  }
}

function list(data: readonly object[], next: string | null): object {
  return { object: 'list', data, has_more: next !== null, next_cursor: next }
}

function json(answer: object, requestId: string): Response {
  return Response.json(answer, {
    headers: {
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': requestId,
    },
  })
}

const OTHER_METHOD = {
  code: 'METHOD_NOT_ALLOWED',
  message: 'This route of the registry does not have this method',
} as const

const TOO_LARGE: Refusal = {
  code: 'BODY_TOO_LARGE',
  message: `The registry takes ${LIMITS.registryBodyBytes} bytes at most`,
}

const FAULTS: Readonly<Record<SignatureFault, readonly [ProblemCode, string, string]>> = {
  missing: [
    'SIGNATURE_INVALID',
    'This route needs a signature',
    'ask with spl gateway list, invite, join or revoke',
  ],
  malformed: ['SIGNATURE_INVALID', 'The signature is malformed', 'update spl'],
  'wrong-key': [
    'SIGNATURE_INVALID',
    'The request is not signed with the key of this gateway’s admin',
    'run it on the machine and with the --home whose did (spl status) is ADMIN_DID of the gateway',
  ],
  signature: [
    'SIGNATURE_INVALID',
    'The signature is not valid for this host and this request',
    'ask the public hostname itself; a proxy in front must keep the Host header',
  ],
}

function refusalOf(fault: SignatureFault): Refusal {
  const [code, message, next] = FAULTS[fault]
  return { code, message, try: next }
}
