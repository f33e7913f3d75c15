import { SUBPROTOCOL } from '../../../protocol/tunnel/version.ts'
import { ChallengeBook } from '../../door/challenge-book.ts'
import { type Rate, RateBuckets } from '../../door/rate-buckets.ts'
import { refuse, type Refusal } from '../../door/refusal.ts'
import { CHALLENGE_REFUSALS, HOSTNAME_UNKNOWN } from '../../door/refusals.ts'
import type { Knock } from '../../internal/relayed.ts'
import type { HomeConnections } from './home-connections.ts'
import { ANOTHER_DAEMON_CONNECTED, TOO_MANY_CONNECTS } from '../refusals.ts'
import type { Tenure } from '../tenure.ts'
import type { Watch } from '../watch.ts'

/** Connections of one home: each costs a signature, and writes to storage. */
const CONNECTS: Rate = { perSecond: 1, burst: 120 }

/** Lets a daemon connect whose proof the Worker has checked, and gives the challenge that the proof is signed over. */
export class DaemonAdmission {
  readonly #tenure: Tenure
  readonly #connections: HomeConnections
  readonly #watch: Watch
  readonly #challenges = new ChallengeBook()
  readonly #connects = new RateBuckets(1)

  constructor(tenure: Tenure, connections: HomeConnections, watch: Watch) {
    this.#tenure = tenure
    this.#connections = connections
    this.#watch = watch
  }

  /** Nobody signs by the time that this tells. It tells home how far its own clock is off. */
  async giveChallenge(): Promise<Response> {
    const now = Date.now()
    const challenge = await this.#challenges.give(Math.floor(now / 1000))
    return Response.json(
      { object: 'connect_challenge', challenge, protocol: SUBPROTOCOL, edge_time: now },
      { headers: { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } },
    )
  }

  async connect({ challenge, yields }: Knock): Promise<Response> {
    const now = Math.floor(Date.now() / 1000)
    const fault =
      (await this.#challenges.fault(challenge, now)) ?? this.#challenges.use(challenge, now)
    // From here on nothing is awaited: only one of two copies comes so far.
    if (this.#tenure.over) return say(HOSTNAME_UNKNOWN)
    if (fault !== undefined) return say(CHALLENGE_REFUSALS[fault])
    if (this.#connects.take('home', CONNECTS, Date.now()) > 0) return say(TOO_MANY_CONNECTS)
    const current = yields === undefined ? undefined : this.#connections.heard(Date.now())
    if (yields !== undefined && current?.ready === true && current.isOfAnother(yields)) {
      current.streams.tellRival()
      return say(ANOTHER_DAEMON_CONNECTED)
    }
    const { 0: client, 1: server } = new WebSocketPair()
    this.#connections.accept(server)
    this.#watch.keep()
    return new Response(null, {
      status: 101,
      webSocket: client,
      headers: { 'sec-websocket-protocol': SUBPROTOCOL },
    })
  }
}

function say(refusal: Refusal): Response {
  return refuse(refusal, { requestId: crypto.randomUUID() })
}
