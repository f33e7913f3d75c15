import { readFileSync } from 'node:fs'

type Named<T> = T & { readonly name: string }

/** The vector files of `protocol/vectors/`, as they are described in its README. */
export interface Vectors {
  readonly canonical: {
    readonly texts: readonly Named<{ json: string; canonical: string }>[]
    readonly numbers: readonly { ieee754: string; canonical: string }[]
    readonly refused: readonly { json: string; code: string; field: string }[]
    readonly refusedNumbers: readonly string[]
  }
  readonly ed25519: readonly Named<{
    publicKey: string
    message: string
    signature: string
    valid: boolean
  }>[]
  readonly didKey: {
    readonly valid: readonly Named<{ publicKey: string; did: string }>[]
    readonly invalid: readonly Named<{ did: string }>[]
  }
  readonly recordsValid: readonly Named<{
    record: unknown
    preimage: string
    id: string
    origin: string
    sig: string
  }>[]
  readonly recordsInvalid: {
    readonly records: readonly Named<{ record: unknown; field: string }>[]
    readonly claims: readonly Named<{
      reason: string
      field: string
      claim: { id: unknown; record: unknown; origin: unknown; sig: unknown }
    }>[]
  }
  readonly tokens: {
    readonly publicKey: string
    readonly valid: readonly Named<{
      token: string
      env: string
      saId: string
      random: string
      tokenId: string
    }>[]
    readonly malformed: readonly Named<{ token: string }>[]
    readonly forged: readonly Named<{ token: string }>[]
  }
  readonly signatures: readonly Named<{
    kind: 'connect' | 'registry' | 'identity'
    request: { authority: string; method: string; target: string; body: string; challenge: string }
    did: string | null
    fields: Readonly<Record<string, string>>
    result: unknown
  }>[]
  readonly bearers: readonly Named<{ field: string; bearer: string | null }>[]
  readonly targetsValid: readonly string[]
  readonly targetsInvalid: readonly string[]
  readonly origins: {
    readonly valid: readonly Named<{ text: string; origins: readonly string[] }>[]
    readonly invalid: readonly Named<{ text: string }>[]
  }
  readonly heads: readonly Named<{ side: 'request' | 'response'; head: unknown; field?: string }>[]
  readonly headers: readonly Named<{
    side: 'request' | 'response'
    upgrade?: boolean
    headers: readonly (readonly [string, string])[]
    result?: readonly (readonly [string, string])[]
    fault?: { code: string; header: string }
  }>[]
}

export function readVectors(): Vectors {
  return {
    canonical: json('canonical.json'),
    ed25519: json('ed25519.json'),
    didKey: json('did-key.json'),
    recordsValid: json('records-valid.json'),
    recordsInvalid: json('records-invalid.json'),
    tokens: json('tokens.json'),
    signatures: json('signatures.json'),
    bearers: json('bearers.json'),
    targetsValid: lines('targets-valid.txt'),
    targetsInvalid: lines('targets-invalid.txt'),
    origins: json('origins.json'),
    heads: json('heads.json'),
    headers: json('headers.json'),
  } as Vectors
}

function text(name: string): string {
  return readFileSync(new URL(`../../../protocol/vectors/${name}`, import.meta.url), 'utf8')
}

function json(name: string): unknown {
  return JSON.parse(text(name))
}

function lines(name: string): string[] {
  const filled = text(name)
    .split('\n')
    .filter((line) => line !== '')
  return filled.map((line) => JSON.parse(line) as string)
}
