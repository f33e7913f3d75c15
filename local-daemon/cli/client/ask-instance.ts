import { randomBytes } from 'node:crypto'
import type { DidKey } from '../../../protocol/identity/did-key.ts'
import { parseDidKey } from '../../../protocol/identity/did-key.ts'
import {
  IDENTITY_PROOF_PATH,
  verifyIdentityProof,
} from '../../../protocol/identity/identity-proof.ts'
import { INVITE_PATH, parseCode, verifyCode } from '../../../protocol/identity/signed-code.ts'
import { CliError } from '../cli-error.ts'
import type { DaemonClient } from './daemon-client.ts'
import type { Login } from './login-file.ts'

/** Milliseconds and bytes of the whole answer: a proof is a few hundred bytes, and reads no disk. */
export const INSTANCE_LIMITS = { withinMs: 15_000, answerBytes: 64 * 1024 } as const

/** A daemon that has proved its key. */
export interface ProvenInstance {
  readonly did: DidKey
  /** Of its process, by chance: another one after each start. */
  readonly process: string
}

/** `GET /v1/identity/proof`, as far as it is what it should be. */
interface Proof {
  readonly object?: unknown
  readonly authority?: unknown
  readonly process?: unknown
  readonly signature_input?: unknown
  readonly signature?: unknown
}

/**
 * Lets the daemon at an address prove who it is, over a challenge of ours and the host that we dial. Who only repeats a
 * daemon's name cannot, and neither can who passes the question on to that daemon.
 *
 * @param client one without a bearer: no secret is sent for it
 * @throws CliError NOT_SPL, IDENTITY_UNPROVEN, and whatever keeps an answer from coming
 */
export async function askInstance(client: DaemonClient, origin: URL): Promise<ProvenInstance> {
  const challenge = randomBytes(18).toString('base64url')
  const query = new URLSearchParams({ challenge })
  const proof = (await client.get<Proof | null>(`${IDENTITY_PROOF_PATH}?${query}`)) ?? {}
  if (proof.object !== 'identity_proof') throw notSpl(origin)
  const question = { authority: origin.host, challenge }
  const fields = {
    'signature-input': textOf(proof.signature_input),
    signature: textOf(proof.signature),
  }
  const verified = await verifyIdentityProof(question, fields, undefined)
  if (typeof verified !== 'string') return { did: verified.did, process: textOf(proof.process) }
  throw unproven(origin, textOf(proof.authority))
}

/**
 * Makes sure that the daemon which was logged in to still answers there, before it gets the bearer.
 *
 * @throws CliError INSTANCE_CHANGED
 */
export async function checkInstance(
  client: DaemonClient,
  { url, instance_did: expected }: Login,
): Promise<void> {
  const { did: found } = await askInstance(client, new URL(url))
  if (found === expected) return
  throw new CliError(
    'INSTANCE_CHANGED',
    `another daemon answers at ${url}: ${found}, not ${expected}; no bearer token was sent to it`,
    `find out why; if that is correct: spl login ${url} --did ${found}`,
  )
}

/**
 * Makes sure that an invite was made by the daemon that has just proved itself, before it is sent there: it is signed with
 * that daemon's key. Whether it is still good, that daemon says.
 *
 * @throws CliError INVITE_ELSEWHERE
 */
export async function checkInvite(code: string, did: DidKey, origin: URL): Promise<void> {
  const parsed = parseCode(code)
  const isOurs =
    parsed !== undefined && (await verifyCode(parsed, INVITE_PATH, parseDidKey(did), 0))
  if (isOurs) return
  throw new CliError(
    'INVITE_ELSEWHERE',
    `this code was not made by the daemon at ${origin.origin}, ${did}; it was not sent there`,
    'copy the whole code again, without a typo, and check the address; a daemon whose identity was rotated needs a new code: at home spl pair --invite',
  )
}

function notSpl(origin: URL): CliError {
  return new CliError(
    'NOT_SPL',
    `the server at ${origin.origin} is not a spl daemon`,
    'check the address: spl status shows it at home. The daemon there must run this version of spl',
  )
}

function unproven(origin: URL, authority: string): CliError {
  if (authority.toLowerCase() === origin.host) {
    return new CliError(
      'IDENTITY_UNPROVEN',
      `the server at ${origin.origin} does not hold the key that it claims; no secret was sent to it`,
      'check the address: another server may answer there',
    )
  }
  return new CliError(
    'IDENTITY_UNPROVEN',
    `the server at ${origin.origin} was called as ${JSON.stringify(authority)} and proves its identity only for that host; no secret was sent to it`,
    'let the proxy in between keep the Host header (nginx: proxy_set_header Host $http_host), and at home: spl config set allowed_hosts <name>. Without a proxy, another server passed the request on',
  )
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
