import { createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { formatDidKey, type DidKey } from '../../protocol/did-key.ts'
import { mintTokenPayload } from '../../protocol/token.ts'

/** An instance's key that lives in memory, and a bearer by it. */
export interface TestIdentity {
  readonly did: DidKey
  readonly bearer: string
  sign(bytes: Uint8Array): Uint8Array
}

export function anIdentity(): TestIdentity {
  const { privateKey } = generateKeyPairSync('ed25519')
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' })
  const signBytes = (bytes: Uint8Array) => sign(null, bytes, privateKey)
  const { token } = mintTokenPayload({
    env: 'test',
    saId: 'sa_01jd3k7w2q',
    random: randomBytes(16),
    sign: signBytes,
  })
  return {
    did: formatDidKey(new Uint8Array(Buffer.from(x ?? '', 'base64url'))),
    bearer: token,
    sign: signBytes,
  }
}
