import { HomeUnderKill } from './home-under-kill.ts'

/** Rounds on one home: then it has enough to look through. */
const ROUNDS = 10

/** A home with a running daemon that is replaced by a new one after some rounds. */
export class Renewed implements AsyncDisposable {
  readonly #prepare: (home: HomeUnderKill) => Promise<void>
  #home: HomeUnderKill | undefined
  #left = 0

  /** @param prepare writes what each home begins with; its daemon runs */
  constructor(prepare: (home: HomeUnderKill) => Promise<void> = async () => {}) {
    this.#prepare = prepare
  }

  /** The home of the next round, with its daemon running. */
  async next(): Promise<HomeUnderKill> {
    if (this.#home === undefined || this.#left === 0) {
      await this.#home?.[Symbol.asyncDispose]()
      this.#home = new HomeUnderKill()
      this.#left = ROUNDS
      await this.#home.start()
      await this.#prepare(this.#home)
    }
    this.#left -= 1
    if (this.#home.daemon === undefined) await this.#home.start()
    return this.#home
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#home?.[Symbol.asyncDispose]()
  }
}
