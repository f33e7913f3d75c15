import { randomBytes } from 'node:crypto'
import type { LookupFunction } from 'node:net'
import { encodeHex } from '../../../protocol/encoding/hex.ts'
import {
  JOIN_PATH,
  REGISTRY_CHALLENGE_PATH,
  REGISTRY_PATH,
  signRegistryRequest,
  type RegistryFields,
} from '../../../protocol/identity/registry-request.ts'
import { sha256 } from '../../../protocol/encoding/sha256.ts'
import { makeCode } from '../../../protocol/identity/signed-code.ts'
import { Tunnel } from '../../../local-daemon/tunnel/tunnel.ts'
import type { TunnelApp } from '../../../local-daemon/tunnel/tunnel-app.ts'
import {
  BASE,
  type GatewaySettings,
  type GatewayUnderTest,
  type StartGatewayUnderTest,
} from './gateway-under-test.ts'
import { send, type Answer, type Fields } from '../clients/send.ts'
import { anIdentity, type TestIdentity } from '../test-identity.ts'

export interface Invited {
  readonly code: string
  readonly inviteId: string
}

export interface RegistryAsk {
  readonly method?: string
  /** Below the registry's own path. */
  readonly path: string
  readonly body?: object | string
  /** A challenge of the registry unless given. */
  readonly challenge?: string
  /** Name in Host, without port. */
  readonly host?: string
}

/** A gateway for several owners, and what its admin and the owners who join do. */
export interface Team extends AsyncDisposable {
  readonly gateway: GatewayUnderTest
  readonly admin: TestIdentity
  /** Signs a request to the registry and sends it; `status CODE` or `status` in `said`. */
  ask(identity: TestIdentity, ask: RegistryAsk): Promise<Answer>
  /** The fields and the request line of such a request, so that a test can change them. */
  signed(identity: TestIdentity, ask: RegistryAsk): Promise<Signed>
  sendSigned(signed: Signed, more?: Fields): Promise<Answer>
  /** An invite by the admin's key; `ttl` in seconds. */
  invite(hostname: string, ttl?: number): Promise<Invited>
  join(identity: TestIdentity, code: string, hostname?: string): Promise<Answer>
  /** Invites and joins. */
  register(identity: TestIdentity, hostname: string): Promise<void>
  /** A home's tunnel to one hostname; it may fail to connect. */
  dial(identity: TestIdentity, hostname: string, app: TunnelApp): Tunnel
  /** A public request to a hostname. */
  get(hostname: string, path: string, bearer?: string): Promise<Answer>
}

export interface Signed {
  readonly method: string
  readonly target: string
  readonly host: string
  readonly body: string
  readonly fields: RegistryFields
}

/** Resolves every name to this machine. */
export const HERE: LookupFunction = (_host, options, done) => {
  if (options.all === true) done(null, [{ address: '127.0.0.1', family: 4 }])
  else done(null, '127.0.0.1', 4)
}

export async function aTeam(
  start: StartGatewayUnderTest,
  settings: Partial<GatewaySettings> = {},
): Promise<Team> {
  const admin = anIdentity()
  const gateway = await start({ ...settings, adminDid: admin.did })
  const at = (hostname: string) => `${hostname}:${gateway.port}`

  async function aChallenge(): Promise<string> {
    const answer = await send(gateway.port, {
      path: REGISTRY_CHALLENGE_PATH,
      headers: [['host', at(BASE)]],
    })
    return answer.json()['challenge'] as string
  }

  async function signed(
    identity: TestIdentity,
    { method, path, body, challenge, host }: RegistryAsk,
  ): Promise<Signed> {
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
    const request = {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      authority: at(host ?? BASE),
      target: REGISTRY_PATH + path,
      body: text,
    }
    const fields = await signRegistryRequest(request, challenge ?? (await aChallenge()), identity)
    const { method: verb, target, authority } = request
    return { method: verb, target, host: authority, body: text, fields }
  }

  function sendSigned(
    { method, target, host, body, fields }: Signed,
    more: Fields = [],
  ): Promise<Answer> {
    return send(gateway.port, {
      method,
      path: target,
      headers: [
        ['host', host],
        ['content-length', String(Buffer.byteLength(body))],
        ...Object.entries(fields),
        ...more,
      ],
      body,
    })
  }

  const team: Team = {
    gateway,
    admin,
    signed,
    sendSigned,
    ask: async (identity, ask) => sendSigned(await signed(identity, ask)),
    async invite(hostname, ttl = 600) {
      const expires = Math.floor(Date.now() / 1000) + ttl
      const { code, inviteId } = await aCode(admin, expires)
      const body = { invite_id: inviteId, hostname, expires_at: expires }
      const answer = await team.ask(admin, { path: '/invites', body })
      if (answer.status !== 200) throw new Error(`the invite was refused: ${answer.text}`)
      return { code, inviteId }
    },
    join: (identity, code, hostname) =>
      team.ask(identity, { path: '/join', body: { code, ...(hostname && { hostname }) } }),
    async register(identity, hostname) {
      const answer = await team.join(identity, (await team.invite(hostname)).code)
      if (answer.status !== 200) throw new Error(`the join was refused: ${answer.text}`)
    },
    dial: (identity, hostname, app) =>
      new Tunnel({
        gatewayUrl: `http://${at(hostname)}`,
        identity,
        app,
        agent: 'test/1',
        lookup: HERE,
      }),
    get: (hostname, path, bearer) =>
      send(gateway.port, {
        path,
        headers: [
          ['host', at(hostname)],
          ...(bearer === undefined ? [] : [['authorization', `Bearer ${bearer}`] as const]),
        ],
      }),
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  }
  return team
}

/** A code, signed by this identity, that the registry does not know yet. */
export async function aCode(identity: TestIdentity, expires: number): Promise<Invited> {
  const nonce = new Uint8Array(randomBytes(16))
  const { sign } = identity
  const code = makeCode({ kind: 'gateway', path: JOIN_PATH, nonce, expires, sign })
  return { code, inviteId: encodeHex(await sha256(nonce)) }
}

/** `401 AUTH_INVALID`, or the status alone. */
export function said({ status, text }: Answer): string {
  const code = /"code":"([A-Z_]+)"/.exec(text)?.[1]
  return code === undefined ? String(status) : `${status} ${code}`
}
