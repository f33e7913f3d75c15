import {
  verifyConnectProof,
  type ProofFault,
  type VerifiedProof,
} from '../../protocol/connect-proof.ts'
import type { ProblemCode } from '../../protocol/problem.ts'
import { SUBPROTOCOL } from '../../protocol/version.ts'
import type { Env } from '../env.ts'
import type { HostOwner } from '../host-owner.ts'
import { problemResponse } from '../problem-response.ts'
import type { Settings } from '../settings.ts'
import { refuse, type RefusedRequest } from '../refusal.ts'
import { CONNECT_HEADER, CONNECT_URL } from '../tunnel/internal.ts'
import { addressWait, strangerWait } from './address-limits.ts'
import { objectOf } from './owner-object.ts'
import { clientOf } from './public-request.ts'
import { tooManyProofs, tooManyRequests } from './refusals.ts'

/** The daemon's door: only a proof by the owner's key passes on to the object. */
export async function connect(
  request: Request,
  host: string,
  env: Env,
  settings: Settings,
  owner: HostOwner,
): Promise<Response> {
  const client = clientOf(request, settings)
  const wait = await addressWait(env, settings, client)
  if (wait > 0) return refuse(tooManyRequests(wait), asked())
  if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket') {
    return problemResponse('UPGRADE_REQUIRED', 'Here a daemon connects with a WebSocket', {
      headers: { upgrade: 'websocket' },
    })
  }
  if (request.headers.get('sec-websocket-protocol')?.trim() !== SUBPROTOCOL) {
    return problemResponse('UPGRADE_REQUIRED', `This gateway speaks ${SUBPROTOCOL}`, {
      try: 'run the same version of spl at home and on the gateway',
    })
  }
  const proof = await verifyConnectProof(
    host,
    {
      'signature-input': request.headers.get('signature-input') ?? '',
      signature: request.headers.get('signature') ?? '',
    },
    owner.did,
    Math.floor(Date.now() / 1000),
  )
  const checked = typeof proof === 'string' ? proof : notBefore(owner.since, proof)
  if (typeof checked === 'string') {
    const pause = await strangerWait(env, settings, client)
    return pause > 0 ? refuse(tooManyProofs(pause), asked()) : refuseProof(checked)
  }
  return objectOf(env, owner).fetch(CONNECT_URL, {
    headers: { [CONNECT_HEADER]: JSON.stringify(checked), upgrade: 'websocket' },
  })
}

/** One that was made before the owner had this hostname has no nonce burned here: it could come a second time. */
function notBefore(since: number, proof: VerifiedProof): VerifiedProof | ProofFault {
  return proof.created < since ? 'clock' : proof
}

function asked(): RefusedRequest {
  return { requestId: crypto.randomUUID() }
}

const FAULTS: Readonly<Record<ProofFault, readonly [ProblemCode, string, string]>> = {
  missing: ['CONNECT_PROOF_INVALID', 'The connect proof is missing', 'connect with `spl serve`'],
  malformed: ['CONNECT_PROOF_INVALID', 'The connect proof is malformed', 'update spl at home'],
  'wrong-key': [
    'CONNECT_PROOF_INVALID',
    'The connect proof is by another key than this host belongs to',
    "set the gateway's OWNER_DID to the did that `spl status` prints at home; where hosts are given out, join with an invite: spl gateway join",
  ],
  signature: [
    'CONNECT_PROOF_INVALID',
    'The signature of the connect proof does not hold for this host',
    'connect to the public hostname itself; a proxy in front must keep the Host header',
  ],
  clock: [
    'CONNECT_PROOF_CLOCK',
    "The connect proof was made at another time than this gateway's",
    'correct the clock at home, or sign again with edge_time',
  ],
}

function refuseProof(fault: ProofFault): Response {
  const [code, message, next] = FAULTS[fault]
  // The time is no secret, and a daemon whose clock is off cannot connect without it.
  return problemResponse(code, message, { try: next, details: { edge_time: Date.now() } })
}
