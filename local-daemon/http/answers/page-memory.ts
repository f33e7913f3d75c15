import type { MaybePromise } from '../../../protocol/maybe-promise.ts'
import { HTTP_LIMITS } from '../limits.ts'
import { ProblemError } from '../../problem/problem-error.ts'

/** A page that was made for a reader and is not taken yet. */
export interface KeptPage {
  /** The next bytes from a place on, in memory of their own; undefined once it was given up. */
  piece(from: number): Uint8Array | undefined
  /** It was taken, or nobody wants it any more. Idempotent. */
  letGo(): void
}

interface Kept extends KeptPage {
  bytes: Uint8Array | undefined
  readonly holder: string
  usedAt: number
}

/** So much is made, in whatever turns, before the next turn begins a new count, milliseconds. */
const UNCOUNTED_MS = HTTP_LIMITS.pageTurnMs / 4

/**
 * The memory that all large answers share. A page is made when it is its turn and there is room: holders, which are bearers,
 * take turns, and after `pageTurnMs` of making pages everything else is served first. What waits has nothing in memory.
 *
 * A reader that takes nothing keeps nobody out. Its page is given up after `pageIdleMs` when others wait, and made again
 * when it reads on; one who holds more than whoever waits gives up a page at once.
 */
export class PageMemory {
  /** Least recently used first. */
  readonly #kept = new Set<Kept>()
  readonly #bytesOf = new Map<string, number>()
  #bytes = 0
  /** In the order of turns; no list is empty. */
  readonly #waiting = new Map<string, (() => void)[]>()
  #waitingCount = 0
  #spentMs = 0
  #turn: NodeJS.Immediate | undefined
  #look: NodeJS.Timeout | undefined

  /** Bytes of all pages that are kept. */
  get bytes(): number {
    return this.#bytes
  }

  /** Readers that wait for a page. */
  get waiting(): number {
    return this.#waitingCount
  }

  /**
   * Calls `make` when there is room and it is the holder's turn: at once, if nobody waits.
   * @param isGone whether the reader has left while it waited; its promise is rejected then, for nobody
   */
  make<Page>(holder: string, make: () => Page, isGone: () => boolean): MaybePromise<Page> {
    if (this.#waiting.size === 0 && this.#mayMake() && this.#hasRoom(holder)) {
      return this.#timed(make)
    }
    return new Promise((resolve, reject) => {
      this.#wait(holder, () => {
        if (isGone()) return reject(new ProblemError('REQUEST_TIMEOUT', 'The reader has left'))
        try {
          resolve(this.#timed(make))
        } catch (error) {
          reject(error)
        }
      })
      this.#later()
    })
  }

  /** Keeps a page for its reader. To be called within `make`. */
  keep(holder: string, bytes: Uint8Array): KeptPage {
    const kept: Kept = {
      bytes,
      holder,
      usedAt: performance.now(),
      piece: (from) => {
        this.#use(kept)
        // A copy: a part of the page in a socket would keep all of it.
        const part = kept.bytes?.subarray(from, from + HTTP_LIMITS.pieceBytes)
        return part && new Uint8Array(part)
      },
      letGo: () => this.#giveUp(kept),
    }
    this.#kept.add(kept)
    this.#bytes += bytes.length
    this.#bytesOf.set(holder, this.#held(holder) + bytes.length)
    return kept
  }

  #wait(holder: string, run: () => void): void {
    this.#waitingCount += 1
    const queue = this.#waiting.get(holder)
    if (queue === undefined) this.#waiting.set(holder, [run])
    else queue.push(run)
  }

  #timed<Page>(make: () => Page): Page {
    const from = performance.now()
    try {
      return make()
    } finally {
      this.#spentMs += performance.now() - from
      // A lone small page costs no turn of the event loop: some of them are counted together.
      if (this.#waiting.size > 0 || this.#spentMs >= UNCOUNTED_MS) this.#rest()
    }
  }

  #mayMake(): boolean {
    return this.#spentMs < HTTP_LIMITS.pageTurnMs
  }

  #serve(): void {
    while (this.#waiting.size > 0 && this.#mayMake()) {
      const holder = this.#next()
      if (holder === undefined) break
      const queue = this.#waiting.get(holder) ?? []
      const run = queue.shift()
      this.#waitingCount -= 1
      this.#waiting.delete(holder)
      if (queue.length > 0) this.#waiting.set(holder, queue)
      run?.()
    }
    this.#later()
  }

  /** Whose turn it is, of those for whom there is room. */
  #next(): string | undefined {
    for (const holder of this.#waiting.keys()) if (this.#hasRoom(holder)) return holder
    return undefined
  }

  /** Looks again after this turn of the process, or when a reader may have become idle. */
  #later(): void {
    if (this.#waiting.size === 0 || this.#turn !== undefined || this.#look !== undefined) return
    this.#look = setTimeout(() => {
      this.#look = undefined
      this.#serve()
    }, HTTP_LIMITS.pageIdleMs / 5)
  }

  /** Whether there is room for one page more; gives up what others, or idle readers, have too much. */
  #hasRoom(holder: string): boolean {
    while (this.#bytes >= HTTP_LIMITS.pagesBytes) {
      const victim = this.#idlest() ?? this.#tooMuchFor(holder)
      if (victim === undefined) return false
      this.#giveUp(victim)
    }
    return true
  }

  #idlest(): Kept | undefined {
    const [kept] = this.#kept
    const idleMs = kept === undefined ? 0 : performance.now() - kept.usedAt
    return idleMs >= HTTP_LIMITS.pageIdleMs ? kept : undefined
  }

  /** What the one who holds most has used least recently, if that is somebody else, and more than this holder has. */
  #tooMuchFor(holder: string): Kept | undefined {
    const [most] = [...this.#bytesOf].toSorted(([, one], [, other]) => other - one)
    if (most === undefined || most[1] <= this.#held(holder)) return undefined
    for (const kept of this.#kept) if (kept.holder === most[0]) return kept
    return undefined
  }

  #held(holder: string): number {
    return this.#bytesOf.get(holder) ?? 0
  }

  #use(kept: Kept): void {
    if (!this.#kept.delete(kept)) return
    this.#kept.add(kept)
    kept.usedAt = performance.now()
  }

  #giveUp(kept: Kept): void {
    if (!this.#kept.delete(kept)) return
    const length = kept.bytes?.length ?? 0
    kept.bytes = undefined
    this.#bytes -= length
    const left = this.#held(kept.holder) - length
    if (left > 0) this.#bytesOf.set(kept.holder, left)
    else this.#bytesOf.delete(kept.holder)
    if (this.#waiting.size > 0) this.#rest()
  }

  /** Lets the process take as many turns as there are readers that wait, before more pages are made. */
  #rest(turns = 1): void {
    if (turns === 1 && this.#turn !== undefined) return
    this.#turn = setImmediate(() => {
      if (turns < Math.min(this.waiting, HTTP_LIMITS.pageRestTurns)) return this.#rest(turns + 1)
      this.#turn = undefined
      this.#spentMs = 0
      this.#serve()
    })
  }
}
