import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'
import { formatDidKey, type DidKey } from '../../protocol/identity/did-key.ts'
import { mintTokenPayload } from '../../protocol/identity/token.ts'

/** An instance's key that lives in memory, and a bearer by it. */
export interface TestIdentity {
  readonly did: DidKey
  readonly bearer: string
  sign(bytes: Uint8Array): Uint8Array
  readonly key: KeyObject
}

export function anIdentity(): TestIdentity {
  const { privateKey } = generateKeyPairSync('ed25519')
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' })
  const signBytes = (bytes: Uint8Array) => sign(null, bytes, privateKey)
  const did = formatDidKey(new Uint8Array(Buffer.from(x ?? '', 'base64url')))
  return {
    did,
    bearer: bearerBy({ sign: signBytes }, 'sa_01jd3k7w2q'),
    sign: signBytes,
    key: privateKey,
  }
}

/** A bearer for this account, signed by the instance. */
export function bearerBy(identity: Pick<TestIdentity, 'sign'>, saId: string): string {
  const { sign: signBytes } = identity
  return mintTokenPayload({ env: 'test', saId, random: randomBytes(16), sign: signBytes }).token
}

/** `token_id` of a bearer. */
export function tokenIdOf(bearer: string): string {
  return createHash('sha256')
    .update(bearer.slice(bearer.lastIndexOf('_') + 1))
    .digest('hex')
}
