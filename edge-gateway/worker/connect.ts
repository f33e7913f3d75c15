import { verifyConnectProof, type ProofFault } from '../../protocol/tunnel/connect-proof.ts'
import { SUBPROTOCOL, YIELD_HEADER } from '../../protocol/tunnel/version.ts'
import type { Env } from '../env.ts'
import type { HostOwner } from '../host-owner.ts'
import { problemResponse } from '../problem-response.ts'
import type { Settings } from '../settings.ts'
import { refuse, type Refusal, type RefusedRequest } from '../refusal.ts'
import { OTHER_HOST } from '../registry/refusals.ts'
import { CHALLENGE_URL, CONNECT_HEADER, CONNECT_URL, type Knock } from '../tunnel/internal.ts'
import { Door, type Given } from './door.ts'
import { objectOf } from './owner-object.ts'
import { clientOf } from './public-request.ts'
import { tooManyProofs } from './refusals.ts'

/** The daemon's door: only a proof by the owner's key, for a host of this gateway, passes on to the object. */
export function connect(
  request: Request,
  host: string,
  env: Env,
  settings: Settings,
  owner: HostOwner,
): Given<Response> {
  const door = doorOf(request, env, settings)
  return door.enter(async () => {
    const { headers } = request
    if (headers.get('upgrade')?.toLowerCase() !== 'websocket') {
      return problemResponse('UPGRADE_REQUIRED', 'Here a daemon connects with a WebSocket', {
        headers: { upgrade: 'websocket' },
      })
    }
    if (headers.get('sec-websocket-protocol')?.trim() !== SUBPROTOCOL) {
      return problemResponse('UPGRADE_REQUIRED', `This gateway speaks ${SUBPROTOCOL}`, {
        try: 'run the same version of spl at home and on the gateway',
      })
    }
    if (!isOwn(host, settings)) return door.refuseStranger(OTHER_HOST, tooManyProofs)
    const fields = {
      'signature-input': headers.get('signature-input') ?? '',
      signature: headers.get('signature') ?? '',
    }
    const proof = await verifyConnectProof(host, fields, owner.did)
    if (typeof proof === 'string') return door.refuseStranger(FAULTS[proof], tooManyProofs)
    const yields = headers.get(YIELD_HEADER)
    const knock: Knock = { ...proof, ...(yields !== null && { yields }) }
    return objectOf(env, owner).fetch(CONNECT_URL, {
      headers: { [CONNECT_HEADER]: JSON.stringify(knock), upgrade: 'websocket' },
    })
  })
}

/** What the next proof is to be signed over. Anybody may ask; it is good for nothing without the key. */
export function giveChallenge(
  request: Request,
  host: string,
  env: Env,
  settings: Settings,
  owner: HostOwner,
): Given<Response> {
  const door = doorOf(request, env, settings)
  const give = () => {
    if (request.method !== 'GET') {
      const message = 'A challenge is asked for with GET'
      return refuse({ code: 'METHOD_NOT_ALLOWED', message, allow: 'GET' }, asked())
    }
    if (!isOwn(host, settings)) return refuse(OTHER_HOST, asked())
    return objectOf(env, owner).fetch(CHALLENGE_URL)
  }
  return door.enter(() => door.forChallenge(give, tooManyProofs))
}

function doorOf(request: Request, env: Env, settings: Settings): Door<Response> {
  return new Door(env, settings, clientOf(request, settings), (refusal) => refuse(refusal, asked()))
}

/** Where hostnames are given out, the registry knows the name already; else it is one of the gateway's own. */
function isOwn(host: string, { publicHosts, serves }: Settings): boolean {
  return 'admin' in serves ? publicHosts.includesPort(host) : publicHosts.includes(host)
}

function asked(): RefusedRequest {
  return { requestId: crypto.randomUUID() }
}

const FAULTS: Readonly<Record<ProofFault, Refusal>> = {
  missing: {
    code: 'CONNECT_PROOF_INVALID',
    message: 'The connect proof is missing',
    try: 'connect with `spl serve`',
  },
  malformed: {
    code: 'CONNECT_PROOF_INVALID',
    message: 'The connect proof is malformed',
    try: 'update spl at home',
  },
  'wrong-key': {
    code: 'CONNECT_PROOF_INVALID',
    message: 'The connect proof is by another key than this host belongs to',
    try: "set the gateway's OWNER_DID to the did that `spl status` prints at home; where hosts are given out, join with an invite: spl gateway join",
  },
  signature: {
    code: 'CONNECT_PROOF_INVALID',
    message: 'The signature of the connect proof does not hold for this host',
    try: 'connect to the public hostname itself; a proxy in front must keep the Host header',
  },
}
