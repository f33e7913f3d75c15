import type { KeptPage, PageMemory } from './page-memory.ts'

/** The page that one reader takes piece by piece. It may be given up meanwhile, and is made again then. */
export class PageInHand {
  readonly #memory: PageMemory
  readonly #holder: string
  #kept: KeptPage | undefined
  /** Bytes of the page, and those that were taken; undefined: there is no page. */
  #length: number | undefined
  #taken = 0

  constructor(memory: PageMemory, holder: string) {
    this.#memory = memory
    this.#holder = holder
  }

  /** A page was begun and is not wholly taken. */
  get isOpen(): boolean {
    return this.#length !== undefined
  }

  /**
   * Takes a page, or the same one again. To be called within `PageMemory.make`.
   * @returns its length, bytes
   * @throws Error for another page than the one that was begun
   */
  put(text: string): number {
    const bytes = Buffer.from(text)
    if (this.#length !== undefined && this.#length !== bytes.length) throw new Error(CHANGED)
    this.#length = bytes.length
    this.#kept = this.#memory.keep(this.#holder, bytes)
    return bytes.length
  }

  /** The next bytes of the page; undefined: it was given up, `put` it again. */
  next(): Uint8Array | undefined {
    const piece = this.#kept?.piece(this.#taken)
    if (piece === undefined) return undefined
    this.#taken += piece.length
    if (this.#taken === this.#length) this.drop()
    return piece
  }

  /** Nobody wants the rest. */
  drop(): void {
    this.#kept?.letGo()
    this.#kept = undefined
    this.#length = undefined
    this.#taken = 0
  }
}

const CHANGED = 'a page of the answer is not what it was'
