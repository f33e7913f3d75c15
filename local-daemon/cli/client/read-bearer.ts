import { parseToken, tokenId } from '../../../protocol/identity/token.ts'

/** What a bearer says about itself. */
export interface BearerParts {
  readonly env: string
  readonly service_account_id: string
  /** SHA-256 of the secret, hex: by this name the daemon knows it. */
  readonly token_id: string
}

/** The parts of a bearer that are no secret; undefined for a text of another form. */
export async function readBearer(bearer: string): Promise<BearerParts | undefined> {
  try {
    const { env, saId, secret } = parseToken(bearer)
    return { env, service_account_id: saId, token_id: await tokenId(secret) }
  } catch {
    return undefined
  }
}
