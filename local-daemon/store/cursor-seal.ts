import { createCipheriv, createDecipheriv, hash } from 'node:crypto'
import { formatCursor, invalidCursor } from './cursor.ts'

/** `<epoch>:<32 hex digits>`; a cursor that is not sealed has a number and 12 digits there. */
const SEALED = /^([0-9a-f]{16}):([0-9a-f]{32})$/
const PLAIN = /^([0-9a-f]{16}):([0-9]{1,16}):([0-9a-f]{12})$/
/** What a sealed cursor has and no other text: two bytes after the place and its check. */
const MARK = 'c5e1'
const CIPHER = 'aes-128-ecb'

/**
 * Hides the number in the cursors of readers that may not see everything: by it they could count what they do not see. One
 * block of AES for each cursor, by a key of this store and identity, so the same place has the same cursor also after a
 * restart. Nobody else can make one.
 */
export class CursorSeal {
  readonly #key: Buffer

  /** @param sign signs as the daemon; the same signature for the same text (RFC 8032) */
  constructor(epoch: string, sign: (bytes: Uint8Array) => Uint8Array) {
    const secret = sign(Buffer.from(`spl cursor seal ${epoch}`))
    this.#key = hash('sha256', secret, 'buffer').subarray(0, 16)
  }

  /** @param cursor of `formatCursor` */
  close(cursor: string): string {
    const [, epoch = '', seq = '', check = ''] = PLAIN.exec(cursor) ?? []
    const block = BigInt(seq).toString(16).padStart(16, '0') + check + MARK
    const cipher = createCipheriv(CIPHER, this.#key, null).setAutoPadding(false)
    return `${epoch}:${cipher.update(block, 'hex', 'hex')}${cipher.final('hex')}`
  }

  /**
   * The cursor that was sealed. Throws `ProblemError` `INVALID_CURSOR` for anything that was not sealed here. One of another
   * epoch is given as what it is, a cursor of another store.
   * @param epoch of the store now
   */
  open(text: string, epoch: string): string {
    const [, of = '', digits = ''] = SEALED.exec(text) ?? []
    if (of === '') throw invalidCursor()
    if (of !== epoch) return formatCursor(of, 0, '')
    const decipher = createDecipheriv(CIPHER, this.#key, null).setAutoPadding(false)
    const block = decipher.update(digits, 'hex', 'hex') + decipher.final('hex')
    if (!block.endsWith(MARK)) throw invalidCursor()
    return `${of}:${BigInt(`0x${block.slice(0, 16)}`)}:${block.slice(16, 28)}`
  }

  /** Whether a text has the form of a sealed cursor. */
  static isSealed(text: string): boolean {
    return SEALED.test(text)
  }
}
