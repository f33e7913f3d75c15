import { base58btc } from 'multiformats/bases/base58'

/**
 * Longest text that is decoded, characters. Decoding base58 costs the square of the length, so the cap
 * comes before any work; the longest text in use is a token's secret of 80 bytes (110 characters).
 */
const MOST_CHARACTERS = 128
const ALPHABET = /^[1-9A-HJ-NP-Za-km-z]*$/

/** Base58 with the Bitcoin alphabet, no multibase prefix. For short values only. */
export function encodeBase58(bytes: Uint8Array): string {
  return base58btc.baseEncode(new Uint8Array(bytes))
}

/** Bytes of base58btc text; undefined for other characters, or more than 128 of them. */
export function decodeBase58(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length > MOST_CHARACTERS || !ALPHABET.test(text)) return undefined
  return new Uint8Array(base58btc.baseDecode(text))
}
