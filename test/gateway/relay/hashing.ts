import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pattern } from '../../support/wire/mux-end.ts'

/** A body that is made as it is read, so that nobody holds it whole. */
export interface BigBody {
  readonly length: number
  readonly hash: string
  /** For a request by node:http. */
  readable(): Readable
  /** For a Response. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>
}

/** `pieces` times 64 KiB, each starting with its own number. */
export function bigBody(pieces: number): BigBody {
  const hash = createHash('sha256')
  for (const piece of piecesOf(pieces)) hash.update(piece)
  return {
    length: pieces * PIECE,
    hash: hash.digest('hex'),
    readable: () => Readable.from(piecesOf(pieces), { objectMode: false }),
    stream: () => ReadableStream.from(piecesOf(pieces)),
  }
}

/** SHA-256 and length of what arrives. */
export async function hashOf(
  body: AsyncIterable<Uint8Array>,
): Promise<{ hash: string; length: number }> {
  const hash = createHash('sha256')
  let length = 0
  for await (const piece of body) {
    hash.update(piece)
    length += piece.length
  }
  return { hash: hash.digest('hex'), length }
}

const PIECE = 64 * 1024
const BASE = pattern(PIECE)

function* piecesOf(pieces: number): Generator<Uint8Array<ArrayBuffer>> {
  for (let index = 0; index < pieces; index += 1) {
    const piece = new Uint8Array(BASE)
    new DataView(piece.buffer).setUint32(0, index)
    yield piece
  }
}
