import { type ProofFault, verifyConnectProof } from '../../protocol/tunnel/connect-proof.ts'
import { SUBPROTOCOL, YIELD_HEADER } from '../../protocol/tunnel/version.ts'
import type { MaybePromise } from '../../protocol/maybe-promise.ts'
import { enter } from '../door/enter.ts'
import type { HostOwner } from '../door/host-owner.ts'
import { clientOf } from '../door/public-request.ts'
import { refuse, type Refusal } from '../door/refusal.ts'
import { OTHER_HOST } from '../door/refusals.ts'
import { BAD_PROOFS } from '../door/stranger-limits.ts'
import { CONNECT_HEADER, CONNECT_URL, type Knock } from '../internal/relayed.ts'
import type { Settings } from '../deployment/settings.ts'
import { isOwnHost } from './own-host.ts'
import { objectOf } from './owner-object.ts'

/** The daemon's door: only a proof by the owner's key, for a host of this gateway, passes on to the object. */
export function connect(
  request: Request,
  host: string,
  settings: Settings,
  owner: HostOwner,
): MaybePromise<Response> {
  return enter<Knock, Response>(settings, {
    client: clientOf(request, settings),
    strangers: BAD_PROOFS,
    formFault: () => upgradeFault(request),
    credential: () =>
      isOwnHost(host, settings) ? knockOf(request, host, owner) : Promise.resolve(OTHER_HOST),
    strangerLimitOf: () => undefined,
    admit: (knock) =>
      objectOf(settings.env, owner).fetch(CONNECT_URL, {
        headers: { [CONNECT_HEADER]: JSON.stringify(knock), upgrade: 'websocket' },
      }),
    refuse: (refusal) => refuse(refusal, { requestId: crypto.randomUUID() }),
  })
}

function upgradeFault({ headers }: Request): Refusal | undefined {
  if (headers.get('upgrade')?.toLowerCase() !== 'websocket') {
    return {
      code: 'UPGRADE_REQUIRED',
      message: 'Here a daemon connects with a WebSocket',
      upgrade: 'websocket',
    }
  }
  if (headers.get('sec-websocket-protocol')?.trim() === SUBPROTOCOL) return undefined
  return {
    code: 'UPGRADE_REQUIRED',
    message: `This gateway speaks ${SUBPROTOCOL}`,
    try: 'run the same version of spl at home and on the gateway',
  }
}

async function knockOf(
  { headers }: Request,
  host: string,
  owner: HostOwner,
): Promise<Knock | Refusal> {
  const fields = {
    'signature-input': headers.get('signature-input') ?? '',
    signature: headers.get('signature') ?? '',
  }
  const proof = await verifyConnectProof(host, fields, owner.did)
  if (typeof proof === 'string') return FAULTS[proof]
  const yields = headers.get(YIELD_HEADER)
  return { ...proof, ...(yields !== null && { yields }) }
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
