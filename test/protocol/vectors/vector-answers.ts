import { readBearer } from '../../../protocol/identity/bearer.ts'
import { canonicalJson } from '../../../protocol/json/canonical-json.ts'
import { verifyConnectProof } from '../../../protocol/tunnel/connect-proof.ts'
import {
  DidKeyError,
  formatDidKey,
  parseDidKey,
  type DidKey,
} from '../../../protocol/identity/did-key.ts'
import { verifyEd25519 } from '../../../protocol/identity/ed25519.ts'
import {
  cleanRequestHeaders,
  cleanResponseHeaders,
  isHeaderFault,
} from '../../../protocol/http/header-hygiene.ts'
import {
  decodeRequestHead,
  decodeResponseHead,
  encodeHeadText,
  HeadError,
} from '../../../protocol/tunnel/heads.ts'
import { decodeHex, encodeHex } from '../../../protocol/encoding/hex.ts'
import { verifyIdentityProof } from '../../../protocol/identity/identity-proof.ts'
import { JsonError } from '../../../protocol/json/json-check.ts'
import { OriginError, parseOriginList } from '../../../protocol/http/origin.ts'
import { recordId, recordPreimage } from '../../../protocol/records/record-id.ts'
import { verifyRecord } from '../../../protocol/records/record-signature.ts'
import { parseForeignRecord, RecordError } from '../../../protocol/records/record.ts'
import { verifyRegistryRequest } from '../../../protocol/identity/registry-request.ts'
import { checkTarget } from '../../../protocol/http/request-target.ts'
import { parseToken, TokenError, tokenId, verifyToken } from '../../../protocol/identity/token.ts'
import type { Vectors } from './vectors.ts'

/** What this runtime answers to every vector, as plain JSON: the same code runs on Node and workerd. */
export async function answerVectors(vectors: Vectors): Promise<Answers> {
  const { canonical, ed25519, didKey, recordsValid, recordsInvalid, tokens } = vectors
  return {
    texts: canonical.texts.map(({ json }) => canonicalJson(JSON.parse(json))),
    numbers: canonical.numbers.map(({ ieee754 }) => canonicalJson(double(ieee754))),
    refused: [
      ...canonical.refused.map(({ json }) => jsonFault(JSON.parse(json))),
      ...canonical.refusedNumbers.map((bits) => jsonFault(double(bits))),
    ],
    ed25519: await inTurn(ed25519, (v) =>
      verifyEd25519(bytes(v.publicKey), bytes(v.message), bytes(v.signature)),
    ),
    didKeys: didKey.valid.map((v) => [
      formatDidKey(bytes(v.publicKey)),
      encodeHex(parseDidKey(v.did)),
    ]),
    didKeysRefused: didKey.invalid.map((v) => refuses(DidKeyError, () => parseDidKey(v.did))),
    records: await inTurn(recordsValid, async (v) => {
      const record = parseForeignRecord(v.record)
      const preimage = recordPreimage(record)
      return { preimage, id: await recordId(preimage), verdict: await verdict(v) }
    }),
    recordsRefused: recordsInvalid.records.map((v) => recordFault(v.record)),
    claims: await inTurn(recordsInvalid.claims, (v) => verdict(v.claim)),
    tokens: await inTurn(tokens.valid, async (v) => {
      const { env, saId, secret, signed } = parseToken(v.token)
      const random = encodeHex(signed.slice(-16))
      const id = await tokenId(secret)
      return { env, saId, random, tokenId: id, made: await made(v.token, tokens.publicKey) }
    }),
    tokensMalformed: tokens.malformed.map((v) => refuses(TokenError, () => parseToken(v.token))),
    tokensForged: await inTurn(tokens.forged, (v) => made(v.token, tokens.publicKey)),
    signatures: await inTurn(vectors.signatures, signatureAnswer),
    bearers: vectors.bearers.map(({ field }) => readBearer(field) ?? null),
    targetsValid: vectors.targetsValid.map((target) => checkTarget(target)?.code ?? null),
    targetsInvalid: vectors.targetsInvalid.map((target) => checkTarget(target)?.code ?? null),
    origins: vectors.origins.valid.map((v) => parseOriginList(v.text)),
    originsRefused: vectors.origins.invalid.map((v) => originFault(v.text)),
    heads: vectors.heads.map((v) => {
      const decode = v.side === 'request' ? decodeRequestHead : decodeResponseHead
      return headOrFault(() => decode(encodeHeadText(JSON.stringify(v.head))))
    }),
    headers: vectors.headers.map((v) => {
      const clean = v.side === 'request' ? cleanRequestHeaders : cleanResponseHeaders
      const result = clean(v.headers, { upgrade: v.upgrade ?? false })
      return isHeaderFault(result) ? { code: result.code, header: result.header } : result
    }),
  }
}

export type Answers = Readonly<Record<string, readonly unknown[]>>

async function inTurn<V, A>(vectors: readonly V[], answer: (v: V) => Promise<A>): Promise<A[]> {
  const answers: A[] = []
  for (const vector of vectors) answers.push(await answer(vector))
  return answers
}

function bytes(hex: string): Uint8Array {
  const decoded = decodeHex(hex)
  if (decoded === undefined) throw new Error(`Vector is not hex: ${hex}`)
  return decoded
}

function double(bits: string): number {
  const view = bytes(bits)
  return new DataView(view.buffer).getFloat64(0)
}

function jsonFault(value: unknown): unknown {
  try {
    return canonicalJson(value)
  } catch (error) {
    if (error instanceof JsonError) return { code: error.code, field: error.field }
    throw error
  }
}

function recordFault(value: unknown): string {
  try {
    parseForeignRecord(value)
    return 'accepted'
  } catch (error) {
    if (error instanceof RecordError) return error.field
    throw error
  }
}

/** The head, or the field that the refusal names. */
function headOrFault(decode: () => unknown): unknown {
  try {
    return decode()
  } catch (error) {
    if (error instanceof HeadError) return /^decode head: (\w+) is/.exec(error.message)?.[1]
    throw error
  }
}

function originFault(text: string): unknown {
  try {
    return parseOriginList(text)
  } catch (error) {
    if (error instanceof OriginError) return error.code
    throw error
  }
}

function signatureAnswer({ kind, request, did, fields }: Vectors['signatures'][number]) {
  const signer = (did ?? undefined) as DidKey | undefined
  if (kind === 'connect') {
    return verifyConnectProof(request.authority, fields, signer as DidKey)
  }
  if (kind === 'registry') return verifyRegistryRequest(request, fields, signer)
  return verifyIdentityProof(request, fields, signer)
}

async function verdict(claim: Parameters<typeof verifyRecord>[0]): Promise<unknown> {
  const result = await verifyRecord(claim)
  return result.kind === 'verified' ? 'verified' : [result.reason, result.field]
}

async function made(token: string, publicKey: string): Promise<boolean> {
  return verifyToken(parseToken(token), bytes(publicKey))
}

function refuses(kind: new (message?: string) => Error, attempt: () => unknown): boolean {
  try {
    attempt()
    return false
  } catch (error) {
    if (error instanceof kind) return true
    throw error
  }
}
