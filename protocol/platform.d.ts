/**
 * The few globals that `protocol/` may use: they exist, with the same meaning, on Node and on Workers.
 * Only this room's own TypeScript project reads this file; the other rooms bring their platform's types.
 */

interface CryptoKey {
  readonly type: string
}

interface SubtleCrypto {
  digest(algorithm: string, data: ArrayBufferView<ArrayBuffer> | ArrayBuffer): Promise<ArrayBuffer>
  importKey(
    format: 'raw',
    keyData: ArrayBufferView<ArrayBuffer> | ArrayBuffer,
    algorithm: string,
    extractable: boolean,
    usages: 'verify'[],
  ): Promise<CryptoKey>
  verify(
    algorithm: string,
    key: CryptoKey,
    signature: ArrayBufferView<ArrayBuffer> | ArrayBuffer,
    data: ArrayBufferView<ArrayBuffer> | ArrayBuffer,
  ): Promise<boolean>
}

declare const crypto: { readonly subtle: SubtleCrypto }

declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>
}

declare class TextDecoder {
  constructor(label?: string, options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean })
  decode(bytes?: ArrayBufferView | ArrayBuffer): string
}

/** WHATWG URL. Null for what does not parse. */
declare class URL {
  static parse(url: string): URL | null
  readonly origin: string
  readonly hostname: string
}

declare class URLSearchParams {
  constructor(query: string)
  keys(): Iterable<string>
}
