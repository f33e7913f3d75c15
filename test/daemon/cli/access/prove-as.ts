import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  IDENTITY_PROOF_PATH,
  signIdentityProof,
} from '../../../../protocol/identity/identity-proof.ts'
import type { RequestSigner } from '../../../../protocol/identity/request-signature.ts'

/**
 * Proves an identity to whoever asks a test's server, as a daemon does that has its key.
 * @returns false for another question, which is still to be answered
 */
export function proveAs(
  identity: RequestSigner,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const [path, query] = (request.url ?? '').split('?')
  if (path !== IDENTITY_PROOF_PATH) return false
  const authority = request.headers.host ?? ''
  const challenge = new URLSearchParams(query).get('challenge') ?? ''
  void signIdentityProof({ authority, challenge }, identity).then(
    (fields) => {
      response.end(
        JSON.stringify({
          object: 'identity_proof',
          instance_did: identity.did,
          authority,
          process: 'test',
          signature_input: fields['signature-input'],
          signature: fields.signature,
        }),
      )
    },
    () => response.destroy(),
  )
  return true
}
