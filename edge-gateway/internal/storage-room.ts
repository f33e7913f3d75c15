/** How long a disk that was full is believed to be, milliseconds: then it is tried again. */
const TRY_MS = 3_000

/** What SQLite and workerd say of a write that found no room. */
const NO_ROOM = /SQLITE_FULL|database or disk is full/u

/**
 * Whether the disk of the objects' storage takes writes, known to all objects of this isolate. It must be: the runtime
 * resets an object whose write has failed, whatever the object does, so it may not learn that by trying (decision 037).
 */
export class StorageRoom {
  #fullAt: number | undefined

  get full(): boolean {
    return this.#fullAt !== undefined
  }

  /** Takes note, if that is why something failed. @param now milliseconds since 1970 */
  learn(error: unknown, now: number): boolean {
    const isFull = NO_ROOM.test(error instanceof Error ? error.message : String(error))
    if (isFull) this.#fullAt = now
    return isFull
  }

  /**
   * Where the disk was full some seconds ago: tries a write that costs nobody anything when it fails.
   * @param now milliseconds since 1970
   */
  async tryAgain(write: () => Promise<unknown>, now: number): Promise<void> {
    if (this.#fullAt === undefined || now - this.#fullAt < TRY_MS) return
    this.#fullAt = now
    try {
      await write()
      this.#fullAt = undefined
    } catch {
      // As full as it was.
    }
  }
}

/** The one of this isolate: workerd runs the Worker and its objects in one. */
export const STORAGE_ROOM = new StorageRoom()
