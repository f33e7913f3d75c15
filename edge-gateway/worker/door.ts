import type { Env } from '../env.ts'
import type { Refusal } from '../refusal.ts'
import type { Settings } from '../settings.ts'
import { addressWait, challengeWait, strangerWait, type Wait } from './address-limits.ts'
import { tooManyRequests, tooManyStrangers } from './refusals.ts'

/** What a request gets there; awaited only where the platform counts, or what is behind the door waits. */
export type Given<Answer> = Answer | Promise<Answer>

type SayTooMany = (seconds: number) => Refusal

/**
 * Where each request is counted by its address, whatever it is for, before anything else is made of it. Who is too fast
 * is refused, and everybody else goes on.
 */
export class Door<Answer> {
  readonly #env: Env
  readonly #settings: Settings
  readonly #client: string | undefined
  readonly #refuse: (refusal: Refusal) => Given<Answer>

  /** @param refuse makes the answer of a refusal */
  constructor(
    env: Env,
    settings: Settings,
    client: string | undefined,
    refuse: (refusal: Refusal) => Given<Answer>,
  ) {
    this.#env = env
    this.#settings = settings
    this.#client = client
    this.#refuse = refuse
  }

  /** Every request, once. */
  enter(goOn: () => Given<Answer>): Given<Answer> {
    return this.#pass(addressWait(this.#env, this.#settings, this.#client), tooManyRequests, goOn)
  }

  /** One that shows nothing good for itself. */
  asStranger(goOn: () => Given<Answer>, sayTooMany: SayTooMany = tooManyStrangers): Given<Answer> {
    return this.#pass(strangerWait(this.#env, this.#settings, this.#client), sayTooMany, goOn)
  }

  /** Such a one, which is told this before it is told anything else. */
  refuseStranger(refusal: Refusal, sayTooMany?: SayTooMany): Given<Answer> {
    return this.asStranger(() => this.#refuse(refusal), sayTooMany)
  }

  /** One that asks for a challenge. */
  forChallenge(
    goOn: () => Given<Answer>,
    sayTooMany: SayTooMany = tooManyStrangers,
  ): Given<Answer> {
    return this.#pass(challengeWait(this.#env, this.#settings, this.#client), sayTooMany, goOn)
  }

  #pass(wait: Wait, sayTooMany: SayTooMany, goOn: () => Given<Answer>): Given<Answer> {
    const decide = (seconds: number) => (seconds > 0 ? this.#refuse(sayTooMany(seconds)) : goOn())
    return typeof wait === 'number' ? decide(wait) : wait.then(decide)
  }
}
