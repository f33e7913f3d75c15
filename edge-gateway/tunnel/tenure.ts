/** Storage key: this object has ended. */
const ENDED = 'ended'

/** Whether the hostname still belongs to the object's owner. Once it was taken back, this object never serves again. */
export class Tenure {
  readonly #storage: DurableObjectStorage
  #over: boolean

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage
    this.#over = storage.kv.get<boolean>(ENDED) === true
  }

  get over(): boolean {
    return this.#over
  }

  end(): void {
    this.#over = true
    this.#storage.kv.put(ENDED, true)
  }
}
