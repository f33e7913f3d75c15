import { decodeFrames, FRAME, type Frame } from '../../../protocol/tunnel/frame.ts'
import { inlineBodyBytes } from '../../../protocol/tunnel/frame-payload.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { RESET } from '../../../protocol/tunnel/reset-code.ts'
import { readUint32, readUint64 } from '../../../protocol/encoding/wire-integers.ts'
import { MuxEnd, pattern } from '../../support/wire/mux-end.ts'

/** One exchange of a simulation. Sizes in bytes; a reader's pace is what it takes in one go, 0 for nothing. */
export interface ExchangePlan {
  readonly up: number
  readonly down: number
  /** Largest piece that the writers hand over. */
  readonly chunk: number
  readonly upReader: number
  readonly downReader: number
  /** The app answers when this much of the upload has come: 0 is before it, 1 is after all of it. */
  readonly answersAfter: number
  /** Who cancels, and when: after this many steps of the exchange. */
  readonly cancel: { readonly by: 'gateway' | 'daemon'; readonly after: number } | undefined
}

/** What has left one side and what the other side had allowed when it left, checked with every message. */
class Ledger {
  readonly name: string
  /** Credit that has reached the sender, by stream; 0 is the connection. */
  readonly allowed = new Map<number, number>([[0, LIMITS.connectionWindow]])
  readonly sent = new Map<number, number>([[0, 0]])

  constructor(name: string) {
    this.name = name
  }

  spend(stream: number, bytes: number): void {
    for (const id of bytes > 0 ? [0, stream] : []) {
      const sent = (this.sent.get(id) ?? 0) + bytes
      this.sent.set(id, sent)
      const allowed = this.allowed.get(id) ?? LIMITS.streamWindowMin
      if (sent > allowed) throw new Error(`${this.name} ${id}: ${sent} of ${allowed} bytes`)
    }
  }

  allow(stream: number, total: number): void {
    this.allowed.set(stream, Math.max(total, this.allowed.get(stream) ?? 0))
  }
}

interface Exchange {
  readonly plan: ExchangePlan
  readonly id: number
  readonly up: Uint8Array
  readonly down: Uint8Array
  upWritten: number
  downWritten: number
  upRead: number
  downRead: number
  answered: boolean
  cancelled: boolean
  steps: number
}

/**
 * A gateway, a daemon and the wire between them, moved one random step at a time: a message is made, or
 * arrives, a writer writes, a reader reads, somebody gives up, time passes.
 */
export class SimulatedTunnel {
  readonly gateway: MuxEnd
  readonly daemon: MuxEnd
  readonly exchanges: Exchange[] = []
  readonly #random: (below: number) => number
  readonly #toDaemon: Uint8Array[] = []
  readonly #toGateway: Uint8Array[] = []
  readonly #uploads = new Ledger('upload')
  readonly #downloads = new Ledger('download')

  constructor(seed: number) {
    this.gateway = new MuxEnd('opener', { consume: false })
    this.daemon = new MuxEnd('acceptor', { consume: false })
    let state = seed >>> 0
    this.#random = (below) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
  }

  start(plan: ExchangePlan): void {
    const seed = this.exchanges.length + 1
    this.exchanges.push({
      plan,
      id: this.gateway.request(`/${seed}`, plan.up === 0),
      up: pattern(plan.up, seed),
      down: pattern(plan.down, seed + 1000),
      upWritten: 0,
      downWritten: 0,
      upRead: 0,
      downRead: 0,
      answered: false,
      cancelled: false,
      steps: 0,
    })
  }

  step(): void {
    switch (this.#random(8)) {
      case 0:
        return this.#make(this.gateway, this.#toDaemon)
      case 1:
        return this.#make(this.daemon, this.#toGateway)
      case 2:
        return this.#deliver(this.#toDaemon, this.daemon)
      case 3:
        return this.#deliver(this.#toGateway, this.gateway)
      case 4:
        this.gateway.now += this.#random(20)
        this.daemon.now += this.#random(20)
        return
      default: {
        const exchange = this.exchanges[this.#random(this.exchanges.length)]
        if (exchange !== undefined) this.#act(exchange)
      }
    }
  }

  /** Everything goes on, everybody reads, until nothing moves any more. */
  finish(): void {
    for (let moved = true; moved;) {
      const before = this.gateway.log.length + this.daemon.log.length
      for (const exchange of this.exchanges) {
        for (let times = 0; times < 3; times += 1) this.#act(exchange, true)
      }
      this.#make(this.gateway, this.#toDaemon, LIMITS.dataPerMessage)
      this.#make(this.daemon, this.#toGateway, LIMITS.dataPerMessage)
      const under = this.#toDaemon.length + this.#toGateway.length
      while (this.#toDaemon.length > 0) this.#deliver(this.#toDaemon, this.daemon)
      while (this.#toGateway.length > 0) this.#deliver(this.#toGateway, this.gateway)
      const open = this.gateway.mux.openStreams + this.daemon.mux.openStreams
      moved = under > 0 || before !== this.gateway.log.length + this.daemon.log.length
      if (!moved && open > 0) throw new Error(`stuck with ${open} streams`)
    }
  }

  #act(exchange: Exchange, all = false): void {
    const { plan, id } = exchange
    exchange.steps += 1
    const { cancel } = plan
    if (cancel !== undefined && !exchange.cancelled && exchange.steps > cancel.after) {
      exchange.cancelled = true
      const end = cancel.by === 'gateway' ? this.gateway : this.daemon
      return end.mux.reset(id, RESET.CANCEL, end.now)
    }
    this.#writeUp(exchange)
    this.#writeDown(exchange)
    const upTook = this.#read(this.daemon, id, exchange.upRead, all ? Infinity : plan.upReader)
    exchange.upRead += upTook
    exchange.downRead += this.#read(
      this.gateway,
      id,
      exchange.downRead,
      all ? Infinity : plan.downReader,
    )
  }

  #writeUp(exchange: Exchange): void {
    const { plan, id, up } = exchange
    if (plan.up === 0 || exchange.upWritten > plan.up) return
    if (this.gateway.mux.queued(id) > LIMITS.sendQueueBytes) return
    const piece = up.subarray(exchange.upWritten, exchange.upWritten + 1 + this.#random(plan.chunk))
    if (piece.length > 0) this.gateway.mux.write(id, piece)
    exchange.upWritten += piece.length
    if (exchange.upWritten < plan.up) return
    this.gateway.mux.end(id)
    exchange.upWritten = plan.up + 1
  }

  #writeDown(exchange: Exchange): void {
    const { plan, id, down } = exchange
    const seen = this.daemon.streams.get(id)
    if (seen?.head === undefined || exchange.downWritten > plan.down) return
    if (!exchange.answered) {
      if (seen.bytes < plan.up * plan.answersAfter) return
      exchange.answered = true
      const first = down.subarray(0, this.#random(plan.chunk + 1))
      exchange.downWritten = first.length
      const end = first.length === plan.down
      if (end) exchange.downWritten = plan.down + 1
      this.daemon.respond(id, first, end)
      return
    }
    if (this.daemon.mux.queued(id) > LIMITS.sendQueueBytes) return
    const from = exchange.downWritten
    const piece = down.subarray(from, from + 1 + this.#random(plan.chunk))
    if (piece.length > 0) this.daemon.mux.write(id, piece)
    exchange.downWritten += piece.length
    if (exchange.downWritten < plan.down) return
    this.daemon.mux.end(id)
    exchange.downWritten = plan.down + 1
  }

  #read(end: MuxEnd, id: number, read: number, pace: number): number {
    const bytes = Math.min(pace, (end.streams.get(id)?.bytes ?? 0) - read)
    if (bytes > 0) end.mux.consumed(id, bytes)
    return bytes
  }

  #make(end: MuxEnd, wire: Uint8Array[], target = 1 + this.#random(LIMITS.dataPerMessage)): void {
    const message = end.mux.next(target)
    if (message === undefined) return
    if (message.length > LIMITS.messageBytes)
      throw new Error(`a message of ${message.length} bytes`)
    const ledger = end === this.gateway ? this.#uploads : this.#downloads
    for (const frame of decodeFrames(message)) {
      ledger.spend(frame.stream, bodyBytes(frame))
      // The gateway's OPEN is on the wire before the daemon can use its window.
      if (frame.type === FRAME.OPEN)
        this.#downloads.allow(frame.stream, readUint32(frame.payload, 0))
    }
    wire.push(message)
  }

  #deliver(wire: Uint8Array[], end: MuxEnd): void {
    const message = wire.shift()
    if (message === undefined) return
    const ledger = end === this.gateway ? this.#uploads : this.#downloads
    for (const { type, stream, payload } of decodeFrames(message)) {
      if (type === FRAME.CREDIT) ledger.allow(stream, readUint64(payload, 0))
    }
    end.receive(message)
  }
}

function bodyBytes({ type, payload }: Frame): number {
  if (type === FRAME.DATA) return payload.length
  return type === FRAME.HEAD ? inlineBodyBytes(payload) : 0
}
