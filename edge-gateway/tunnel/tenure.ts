import { STORED } from './stored-keys.ts'

/** Whether the hostname still belongs to the object's owner. Once it was taken back, this object never serves again. */
export class Tenure {
  readonly #storage: DurableObjectStorage
  #over: boolean

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage
    this.#over = storage.kv.get<boolean>(STORED.ended) === true
  }

  get over(): boolean {
    return this.#over
  }

  end(): void {
    this.#over = true
    this.#storage.kv.put(STORED.ended, true)
  }
}
