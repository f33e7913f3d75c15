import {
  type Membership,
  Multiplexer,
  type MultiplexerSnapshot,
  type OpenRefusal,
} from '../../../protocol/multiplexer/multiplexer.ts'
import type { Holder } from '../../../protocol/multiplexer/shares.ts'
import { encodeHeadText } from '../../../protocol/tunnel/heads.ts'
import { RESET } from '../../../protocol/tunnel/reset-code.ts'
import { PROTOCOL_VERSION } from '../../../protocol/tunnel/version.ts'
import { VERSION } from '../../deployment/version.ts'
import type { ConnectionAttachment } from './connection-attachment.ts'
import { ConnectionOutput } from './connection-output.ts'
import type { Exchange, ExchangeStream } from '../exchange/exchange.ts'
import { type FrameTargets, homeFrames } from './home-frames.ts'
import { OpenExchanges } from './open-exchanges.ts'
import { OpenStream } from './open-stream.ts'

/**
 * Open requests above which each one's client is watched from its first moment: those who come and go
 * in a burst would otherwise hold every slot until the next look.
 */
const CROWD = 256

export interface StreamParts extends Pick<
  FrameTargets,
  'subscribers' | 'counts' | 'hello' | 'goAway' | 'policy'
> {
  readonly socket: WebSocket
  readonly attachment: ConnectionAttachment
}

/** The streams of one connection: its multiplexer, who owns each stream, and what leaves for home. */
export class ConnectionStreams {
  readonly exchanges: OpenExchanges
  /** Something happened that a sleep must not lose. */
  changed = false
  readonly #mux: Multiplexer
  readonly #output: ConnectionOutput

  constructor({ socket, attachment, ...told }: StreamParts) {
    const { generation, multiplexer } = attachment
    const exchanges = new OpenExchanges(
      (id, code) => this.#mux.reset(id, code, Date.now()),
      told.counts,
    )
    this.exchanges = exchanges
    const frames = homeFrames({
      ...told,
      generation,
      exchanges,
      leave: (membership) => this.#mux.leave(membership),
      output: () => this.#output.schedule(exchanges.size),
    })
    const hello = { version: PROTOCOL_VERSION, agent: `spl-gateway/${VERSION}`, generation }
    this.#mux = new Multiplexer('opener', frames, hello, multiplexer)
    this.#output = new ConnectionOutput(socket, this.#mux, told.counts)
    if (multiplexer === undefined) this.#output.schedule(0)
  }

  /** Requests to home that have not ended. */
  get open(): number {
    return this.exchanges.size
  }

  refusal(now: number, holder: Holder): OpenRefusal | undefined {
    return this.#mux.refusal(now, holder)
  }

  /**
   * Opens a stream for an exchange. Ask `refusal` first.
   * @param headText the request head as JSON
   * @param tokenId of the bearer that it is made with
   * @param head when its answer must have begun, milliseconds since 1970, and how long after the upload's progress
   * @param holder whose share it takes
   * @throws HeadError when it is larger than a frame may carry
   */
  begin(
    headText: string,
    tokenId: string | undefined,
    end: boolean,
    head: { readonly at: number; readonly afterMs: number },
    exchange: (stream: ExchangeStream) => Exchange,
    holder: Holder,
  ): Exchange {
    const id = this.#mux.open(encodeHeadText(headText), end, holder)
    const stream = new OpenStream(this.#mux, id, this.exchanges)
    let owner: Exchange
    try {
      owner = exchange(stream)
    } catch (error) {
      // Nobody has it: its slot must not be held for nobody.
      this.#mux.reset(id, RESET.INTERNAL, Date.now())
      throw error
    }
    this.exchanges.add(id, {
      exchange: owner,
      headDeadline: head.at,
      headTimeoutMs: head.afterMs,
      tokenId,
      cutAt: Infinity,
    })
    this.changed = true
    if (this.exchanges.size > CROWD) this.exchanges.tell(id, () => owner.watchClient())
    return owner
  }

  /** Takes a message of the daemon. @throws ConnectionError */
  receive(message: Uint8Array, now: number): void {
    this.changed = true
    this.#mux.receive(message, now)
  }

  /** The policy of this version is kept. */
  ackPolicy(version: number): void {
    // What the policy before it has let in goes first: nothing of that reaches home after the acknowledgement.
    this.#output.send()
    this.#mux.ackPolicy(version)
  }

  /** Another process with the same identity wants the place of this connection, and was refused. */
  tellRival(): void {
    this.#mux.tellRival()
  }

  /** A member of one of this connection's groups has left. */
  leave(membership: Membership): void {
    this.changed = true
    this.#mux.leave(membership)
  }

  /** The daemon hears that it was replaced. */
  goAway(): void {
    this.#mux.goAway(RESET.REPLACED, 'replaced by a newer connection')
  }

  /** Every stream fails with CONNECTION_LOST. */
  fail(): void {
    this.#mux.close()
  }

  /** Nothing is open or waits to be sent: a snapshot is complete. */
  get quiet(): boolean {
    return this.#mux.quiet
  }

  snapshot(): MultiplexerSnapshot {
    return this.#mux.snapshot()
  }
}
