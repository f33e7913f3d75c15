import { BRIDGE, WAIT_HEADER } from '../../internal/bridge.ts'
import { attach, type BridgeAttachment, holderOf } from './bridge-attachment.ts'
import type { BridgePlaces } from './bridge-places.ts'
import { closeBridge } from './close-bridge.ts'

const WAITING = 'waiting'

/** Bridges whose stream continues, or begins, once home is back. */
export class WaitingBridges {
  readonly #ctx: DurableObjectState
  readonly #places: BridgePlaces

  constructor(ctx: DurableObjectState, places: BridgePlaces) {
    this.#ctx = ctx
    this.#places = places
  }

  /** Those that outlived the object's sleep have their places again. */
  recall(): void {
    for (const bridge of this.#ctx.getWebSockets(WAITING)) {
      this.#places.take(bridge, holderOf(bridge))
    }
  }

  /**
   * Holds one. Ask `Subscribers.full` first.
   * @param holder whose place it takes
   * @param againMs after which its client asks again in any case; 0: never
   */
  wait(holder: string, againMs = 0, headers: Readonly<Record<string, string>> = {}): Response {
    const { 0: worker, 1: bridge } = new WebSocketPair()
    this.#ctx.acceptWebSocket(bridge, [WAITING])
    const attachment: BridgeAttachment = { holder }
    attach(bridge, attachment)
    this.#places.take(bridge, holder)
    return new Response(null, {
      status: 101,
      webSocket: worker,
      headers: { ...headers, [WAIT_HEADER]: String(againMs) },
    })
  }

  /** Home is back. */
  wake(): void {
    const waiting = this.#ctx.getWebSockets(WAITING)
    for (const bridge of waiting) {
      this.#places.give(bridge)
      closeBridge(bridge, BRIDGE.RESUME, waiting.length)
    }
  }
}
