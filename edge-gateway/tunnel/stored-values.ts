import { STORAGE_ROOM, type StorageRoom } from '../internal/storage-room.ts'

/** What waits for room, of each object: it outlives an object that the runtime has reset. */
const waiting = new Map<string, Map<string, unknown>>()

/**
 * What an object keeps over its sleep. Where a crash loses what was not yet written, home says it again. While the disk is full, it is
 * kept in memory alone, and the object serves on.
 */
export class StoredValues {
  readonly #storage: DurableObjectStorage
  readonly #waiting: Map<string, unknown>
  readonly #room: StorageRoom

  /** @param id of the object */
  constructor(storage: DurableObjectStorage, id: string, room: StorageRoom = STORAGE_ROOM) {
    this.#storage = storage
    this.#waiting = waiting.get(id) ?? new Map()
    waiting.set(id, this.#waiting)
    this.#room = room
  }

  get<Value>(key: string): Value | undefined {
    if (this.#waiting.has(key)) return this.#waiting.get(key) as Value | undefined
    return this.#storage.kv.get<Value>(key)
  }

  /** @param value undefined takes it away */
  put(key: string, value: unknown): void {
    this.#waiting.set(key, value)
    this.flush()
  }

  /** Writes what has waited, once there is room. */
  flush(): void {
    if (this.#waiting.size === 0 || this.#room.full) return
    for (const [key, value] of this.#waiting) {
      if (value === undefined) this.#storage.kv.delete(key)
      else this.#storage.kv.put(key, value)
    }
    this.#waiting.clear()
  }
}
