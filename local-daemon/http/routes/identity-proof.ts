import { signIdentityProof } from '../../../protocol/identity/identity-proof.ts'
import { hostName, namesListener } from '../../access/host-check.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { IdentityProof, ProofQuery } from '../schemas/access-schemas.ts'
import { jsonAnswer } from '../answers/answer.ts'
import { answers } from '../schemas/describe.ts'
import { parseInput } from '../input/parse-input.ts'
import type { RequestFacts } from '../../access/request-facts.ts'
import type { RouteParts } from './route-parts.ts'

/**
 * `GET /v1/identity/proof`: the daemon proves its key to a caller who is about to send a secret. The signed text names the
 * host of the request, and it signs only for its own hosts: otherwise another server could pass its caller's
 * question on and pass for this daemon.
 */
export function addIdentityProof(parts: RouteParts): void {
  const { router, identity, listener, settings, process, publicHost } = parts

  /** With the port: a program on another port of this machine is somebody else. */
  function isOwn(host: string, { via, localPort }: RequestFacts): boolean {
    if (via === 'socket' || settings.allowsHost(hostName(host))) return true
    if (via === 'tunnel') return host.toLowerCase() === publicHost
    return namesListener(host, listener) && host.endsWith(`:${localPort}`)
  }

  router.on(
    {
      method: 'get',
      path: '/v1/identity/proof',
      operationId: 'proveIdentity',
      summary: 'A proof that the daemon holds the key of its identity, for a challenge of yours',
      request: { query: ProofQuery },
      responses: { 200: answers(IdentityProof, 'The proof') },
    },
    async (c) => {
      const { challenge } = parseInput(ProofQuery, c.get('query'))
      const authority = c.env.publicHost ?? c.req.raw.headers.get('host') ?? ''
      if (!isOwn(authority, c.env)) {
        throw new ProblemError('HOST_NOT_ALLOWED', 'The daemon does not know itself by this host', {
          try: `If it leads here: spl config set allowed_hosts ${hostName(authority)} (a list: give the names that are in it as well).`,
        })
      }
      const fields = await signIdentityProof({ authority, challenge }, identity)
      return jsonAnswer(
        c.env,
        200,
        JSON.stringify({
          object: 'identity_proof',
          instance_did: identity.did,
          authority,
          process,
          signature_input: fields['signature-input'],
          signature: fields.signature,
        }),
      )
    },
  )
}
