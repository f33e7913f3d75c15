import { ClientFrames, type FrameFault } from './client-frames.ts'
import type { FrontLimits } from './front-limits.ts'
import { GatewayFrames } from './gateway-frames.ts'
import type { WebSocketUse } from './request-head.ts'
import type { UnfinishedHolder, UnfinishedMessages } from './unfinished-messages.ts'

const CLOSE_FRAME = 0x88

interface GuardOptions {
  readonly use: WebSocketUse
  readonly limits: FrontLimits
  /** Counts what is unfinished; the tunnel's own is the owner's, and in nobody's way. */
  readonly messages: UnfinishedMessages
  /** The client's, where it is known. */
  readonly address: string | undefined
  /** Ends it when the room of its unfinished message is needed. */
  readonly cut: (fault: FrameFault) => void
}

/** Both ways of one WebSocket: what passes, and when it is over. Bytes go through as they came. */
export class WebSocketGuard {
  readonly #fromClient: ClientFrames
  readonly #fromGateway = new GatewayFrames()
  readonly #messages: UnfinishedMessages | undefined
  readonly #holder: UnfinishedHolder
  #held = 0

  constructor({ use, limits, messages, address, cut }: GuardOptions) {
    const messageBytes = {
      tunnel: limits.tunnelMessageBytes,
      feed: limits.feedMessageBytes,
      other: limits.webSocketMessageBytes,
    }[use]
    this.#fromClient = new ClientFrames({ messageBytes, fragmentBytes: limits.fragmentBytes })
    this.#messages = use === 'tunnel' ? undefined : messages
    this.#holder = {
      address,
      cut: () => cut({ code: 1009, reason: 'message unfinished too long' }),
    }
  }

  /** One side has said its close. */
  get isClosing(): boolean {
    return this.#fromClient.isClosed || this.#fromGateway.isClosed
  }

  /** The client has; what it sends after that is nobody's. */
  get isClientClosed(): boolean {
    return this.#fromClient.isClosed
  }

  /** How many of a client's bytes may pass to workerd, and why no more. */
  client(bytes: Buffer): { readonly passing: number; readonly fault?: FrameFault } {
    const read = this.#fromClient.read(bytes)
    const { unfinished } = this.#fromClient
    if (unfinished !== this.#held && read.fault === undefined) {
      this.#held = unfinished
      this.#messages?.set(this.#holder, unfinished)
    }
    return read
  }

  gateway(bytes: Buffer): void {
    this.#fromGateway.pass(bytes)
  }

  /** A close of the front's own; undefined where the client would take it for something else. */
  closeFor({ code, reason }: FrameFault): Buffer | undefined {
    if (this.#fromGateway.isClosed || !this.#fromGateway.isBetweenFrames) return undefined
    const frame = Buffer.alloc(4 + reason.length)
    frame[0] = CLOSE_FRAME
    frame[1] = 2 + reason.length
    frame.writeUInt16BE(code, 2)
    frame.write(reason, 4, 'latin1')
    return frame
  }

  /** It is over, and holds nothing any more. */
  end(): void {
    this.#held = 0
    this.#messages?.set(this.#holder, 0)
  }
}
