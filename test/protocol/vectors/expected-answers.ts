import type { Answers } from './vector-answers.ts'
import type { Vectors } from './vectors.ts'

/** What the vector files say every runtime must answer: the counterpart of `answerVectors`. */
export function expectedAnswers(vectors: Vectors): Answers {
  const { canonical, ed25519, didKey, recordsValid, recordsInvalid, tokens } = vectors
  return {
    texts: canonical.texts.map((v) => v.canonical),
    numbers: canonical.numbers.map((v) => v.canonical),
    refused: [
      ...canonical.refused.map(({ code, field }) => ({ code, field })),
      ...canonical.refusedNumbers.map(() => ({ code: 'NOT_JSON', field: '$' })),
    ],
    ed25519: ed25519.map((v) => v.valid),
    didKeys: didKey.valid.map((v) => [v.did, v.publicKey]),
    didKeysRefused: didKey.invalid.map(() => true),
    records: recordsValid.map(({ preimage, id }) => ({ preimage, id, verdict: 'verified' })),
    recordsRefused: recordsInvalid.records.map((v) => v.field),
    claims: recordsInvalid.claims.map((v) => [v.reason, v.field]),
    tokens: tokens.valid.map(({ env, saId, random, tokenId }) => ({
      env,
      saId,
      random,
      tokenId,
      made: true,
    })),
    tokensMalformed: tokens.malformed.map(() => true),
    tokensForged: tokens.forged.map(() => false),
    signatures: vectors.signatures.map((v) => v.result),
    bearers: vectors.bearers.map((v) => v.bearer && { bearer: v.bearer }),
    targetsValid: vectors.targetsValid.map(() => null),
    targetsInvalid: vectors.targetsInvalid.map(() => 'INVALID_TARGET'),
    origins: vectors.origins.valid.map((v) => v.origins),
    originsRefused: vectors.origins.invalid.map(() => 'INVALID_SETTING'),
    heads: vectors.heads.map((v) => v.field ?? v.head),
    headers: vectors.headers.map((v) => v.fault ?? v.result),
  }
}

/** The file that each group of answers comes from, entry by entry, for messages that name the vector. */
export function vectorNames(vectors: Vectors): Readonly<Record<string, readonly string[]>> {
  const { canonical, didKey, recordsInvalid, tokens } = vectors
  return {
    texts: names(canonical.texts),
    numbers: canonical.numbers.map((v) => v.ieee754),
    refused: [...canonical.refused.map((v) => v.json), ...canonical.refusedNumbers],
    ed25519: names(vectors.ed25519),
    didKeys: names(didKey.valid),
    didKeysRefused: names(didKey.invalid),
    records: names(vectors.recordsValid),
    recordsRefused: names(recordsInvalid.records),
    claims: names(recordsInvalid.claims),
    tokens: names(tokens.valid),
    tokensMalformed: names(tokens.malformed),
    tokensForged: names(tokens.forged),
    signatures: names(vectors.signatures),
    bearers: names(vectors.bearers),
    targetsValid: vectors.targetsValid,
    targetsInvalid: vectors.targetsInvalid,
    origins: names(vectors.origins.valid),
    originsRefused: names(vectors.origins.invalid),
    heads: names(vectors.heads),
    headers: vectors.headers.map((v) => `${v.side}: ${v.name}`),
  }
}

function names(list: readonly { readonly name: string }[]): string[] {
  return list.map((v) => v.name)
}
