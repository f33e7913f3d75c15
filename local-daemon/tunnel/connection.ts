import type { WebSocket } from 'ws'
import { CLOSE } from '../../protocol/tunnel/close-code.ts'
import { detach } from '../../protocol/detach.ts'
import { RESET } from '../../protocol/tunnel/reset-code.ts'
import { Keepalive } from './keepalive.ts'
import type { Happening } from './states/events.ts'
import { type SessionOptions, TunnelSession } from './tunnel-session.ts'

/** What the session hears is told as what happens to the tunnel, in the words of its states. */
export interface ConnectionOptions extends Pick<
  SessionOptions,
  'app' | 'agent' | 'process' | 'open' | 'meter' | 'onFault'
> {
  readonly onHappening: (happening: Happening) => void
  /** The socket is closed. Comes before `closed` is told. */
  readonly onEnded: () => void
}

/** One accepted WebSocket until its end. It decides nothing: see docs/tunnel-states.md. */
export class Connection {
  readonly session: TunnelSession
  readonly #socket: WebSocket
  readonly #options: ConnectionOptions
  readonly #keepalive: Keepalive
  readonly #ended: Promise<void>
  #dropped: string | undefined

  /** @param id names it in what happens */
  constructor(id: number, socket: WebSocket, options: ConnectionOptions) {
    const { onHappening: tell } = options
    this.#socket = socket
    this.#options = options
    this.session = new TunnelSession(socket, {
      ...options,
      onReady: (generation) => tell({ kind: 'hello', connection: id, generation }),
      onPolicyAcked: (version) => tell({ kind: 'policy acked', connection: id, version }),
      onRival: () => tell({ kind: 'rival', connection: id }),
      onGoAway: (code, reason) => {
        const kind = code === RESET.REPLACED ? 'replaced' : 'retiring'
        tell({ kind, connection: id, reason })
      },
    })
    this.#keepalive = new Keepalive(this.session, (reason) =>
      tell({ kind: 'silent', connection: id, reason }),
    )
    this.#ended = new Promise((resolve) => {
      socket.once('close', (code, text) => {
        this.#keepalive.stop()
        options.onEnded()
        const kind = code === CLOSE.REPLACED ? 'closed as replaced' : 'closed'
        tell({ kind, connection: id, reason: this.#dropped ?? sayClose(code, text.toString()) })
        resolve()
      })
    })
  }

  /** To be called about once a second. */
  tick(): void {
    this.#surely(() => this.#keepalive.tick())
  }

  /** Makes sure that the gateway is still there. @param why as a clause */
  probe(why: string): void {
    this.#keepalive.probe(why)
  }

  /** Closes the socket without a goodbye. @param reason what its end is told with */
  drop(reason: string): void {
    this.#dropped = reason
    this.#surely(() => this.session.terminate())
  }

  close(reason: string): void {
    this.#surely(() => this.session.close(CLOSE.GOING_AWAY, reason))
  }

  /** Takes no new requests, finishes the open ones within `ms`, says goodbye. */
  drain(ms: number, reason: string): void {
    this.#surely(() => this.session.leave(reason))
    detach(
      Promise.race([this.session.drained(ms), this.#ended]).then(() => this.close(reason)),
      (error) => this.#failed(error),
    )
  }

  /** Whatever fails here of our own, the socket ends: its end is what the states wait for. */
  #surely(call: () => void): void {
    try {
      call()
    } catch (error) {
      this.#failed(error)
    }
  }

  #failed(error: unknown): void {
    this.#options.onFault('connection', error)
    this.#socket.terminate()
  }
}

function sayClose(code: number, text: string): string {
  return `closed with ${code}${text === '' ? '' : `: ${text}`}`
}
