import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { detach } from '../../../protocol/detach.ts'
import type { HeadFault } from '../../../protocol/http/head-rules.ts'
import { linger } from '../../network/linger.ts'
import { AnswerWatch } from './answer-watch.ts'
import { ClientDeadline, type Awaited } from './client-deadline.ts'
import { ClientWebSocket } from './client-web-socket.ts'
import type { ConnectionParts } from './connection-parts.ts'
import { freeBytes } from './free-bytes.ts'
import { AWAY, MIXED, TIMEOUT } from './front-faults.ts'
import { OldExchange } from './old-exchange.ts'
import { refusalText } from './refusal-text.ts'
import { RequestFramer } from './request-framer.ts'
import type { RequestHead, WebSocketUse } from './request-head.ts'

/**
 * `framed`: requests are parsed and passed on. `dialling`: a head waits for workerd. `deciding`: a WebSocket handshake waits for
 * its answer. `frames`: it is a WebSocket, whose frames are parsed. `over`: the client has its last answer, or none.
 */
type Mode = 'framed' | 'dialling' | 'deciding' | 'frames' | 'over'

const SWITCHED = Buffer.from('HTTP/1.1 101 ')

/**
 * One client and its connection to workerd. Only the framing of requests is parsed, answers not at all: they pass
 * as they are, and a cut one is cut for the client too. Only HTTP/1.0 cannot show a cut: see `OldExchange`.
 */
export class ClientConnection {
  readonly #client: Socket
  readonly #parts: ConnectionParts
  readonly #framer: RequestFramer
  readonly #watched = new AnswerWatch()
  #mode: Mode = 'framed'
  #workerd: Duplex | undefined
  #use: WebSocketUse | undefined
  #webSocket: ClientWebSocket | undefined
  /** A head was sent, and nothing has come back since. */
  #awaitsAnswer = false
  /** The client got some bytes. */
  #answered = false
  #clientEnded = false
  /** For its client the end of the connection is the end of the answer. */
  #isOld = false
  readonly #deadline = new ClientDeadline((what) => this.#late(what))
  /** Of a client that takes nothing of its answer. */
  #stall: NodeJS.Timeout | undefined

  /** Serves a client until its socket is closed. */
  static serve(client: Socket, parts: ConnectionParts): void {
    new ClientConnection(client, parts).#begin()
  }

  private constructor(client: Socket, parts: ConnectionParts) {
    this.#client = client
    this.#parts = parts
    this.#framer = new RequestFramer(parts.own, parts.limits)
  }

  #begin(): void {
    const client = this.#client
    this.#deadline.expect('head', this.#parts.limits.headMs)
    client.on('data', this.#fromClient)
    client.on('end', this.#clientEnd)
    client.on('error', () => client.destroy())
    client.on('drain', () => {
      clearTimeout(this.#stall)
      this.#workerd?.resume()
    })
    client.once('close', () => {
      this.#deadline.calm()
      clearTimeout(this.#stall)
      this.#mode = 'over'
      this.#webSocket?.end()
      this.#workerd?.destroy()
    })
  }

  #fromClient = (bytes: Buffer): void => {
    if (this.#webSocket !== undefined) return this.#webSocket.fromClient(bytes)
    this.#framer.feed(bytes)
    this.#pull()
  }

  /** Passes on what has come, as far as workerd takes it. */
  #pull(): void {
    this.#workerd?.cork()
    const corked = this.#workerd
    while (this.#mode === 'framed' && !(this.#workerd?.writableNeedDrain ?? false)) {
      const piece = this.#framer.next()
      if (piece === undefined) break
      if (piece.kind === 'fault') this.#refuse(piece.fault)
      else if (piece.kind === 'body') this.#toWorkerd(piece.bytes)
      else this.#passHead(piece.head)
    }
    corked?.uncork()
    this.#watch()
  }

  #toWorkerd(bytes: Buffer): void {
    if (this.#workerd?.write(bytes) === false) this.#client.pause()
  }

  #passHead(head: RequestHead): void {
    this.#parts.onRequest()
    // It has come. How long workerd may take to start again, and to answer, is not the client's matter.
    if (this.#deadline.of === 'head') this.#deadline.calm()
    // Its answer decides what the bytes after it are, so it must be the first on its connection.
    this.#use = head.webSocket
    if (head.webSocket !== undefined) this.#drop()
    // Its answer ends with the connection, so there can be no other before it.
    if (head.old !== undefined && (this.#workerd !== undefined || this.#answered)) {
      return this.#refuse(MIXED)
    }
    this.#awaitsAnswer = true
    this.#watched.begin()
    if (this.#workerd === undefined) return this.#dial(head)
    this.#workerd.write(head.bytes)
  }

  #dial(head: RequestHead): void {
    this.#mode = 'dialling'
    this.#client.pause()
    detach(this.#dialAndSend(head), () => {
      // After a 503 an `EventSource` gives up permanently; after a cut it tries again (WHATWG HTML, section 9.2.3).
      if (this.#mode === 'dialling' && !head.events) this.#refuse(AWAY, 1)
      else this.#client.destroy()
    })
  }

  async #dialAndSend(head: RequestHead): Promise<void> {
    const workerd = await this.#parts.dial()
    if (this.#mode !== 'dialling') {
      workerd.destroy()
      return
    }
    if (head.old === undefined) {
      this.#attach(workerd)
      workerd.write(head.bytes)
    } else {
      this.#isOld = true
      this.#parts.onOld()
      this.#attach(new OldExchange(workerd, head.old))
    }
    this.#mode = head.webSocket === undefined ? 'framed' : 'deciding'
    if (head.webSocket === undefined) this.#resume()
    if (this.#clientEnded) this.#afterClientEnd()
  }

  #attach(workerd: Duplex): void {
    this.#workerd = workerd
    workerd.on('data', (bytes: Buffer) => this.#fromWorkerd(workerd, bytes))
    workerd.on('drain', () => this.#resume())
    workerd.on('error', () => workerd.destroy())
    workerd.once('end', () => this.#workerdOver(workerd))
    workerd.once('close', () => this.#workerdOver(workerd))
  }

  #resume(): void {
    if (this.#mode === 'over') return
    this.#client.resume()
    if (this.#mode === 'framed') this.#pull()
  }

  #fromWorkerd(workerd: Duplex, bytes: Buffer): void {
    if (workerd !== this.#workerd || this.#mode === 'over') return
    this.#awaitsAnswer = false
    this.#answered = true
    const refusal = this.#watched.see(bytes)
    if (refusal !== undefined) this.#parts.onRefusal(refusal)
    const decides = this.#mode === 'deciding'
    if (decides) this.#decide(workerd, bytes)
    const hasRoom = this.#webSocket?.toClient(bytes) ?? this.#client.write(bytes)
    if (hasRoom) freeBytes(bytes, this.#client)
    else this.#waitForClient(workerd)
    if (this.#deadline.of === 'half-closed') {
      this.#deadline.expect('half-closed', this.#parts.limits.halfClosedSilenceMs)
    }
    if (!decides) return
    if (this.#webSocket !== undefined) {
      this.#deadline.calm()
      const rest = this.#framer.rest()
      if (rest.length > 0) this.#webSocket.fromClient(rest)
      if (this.#clientEnded) workerd.end()
    }
    this.#resume()
  }

  /** An answer's first line comes in one piece; one that did not would be no 101. */
  #decide(workerd: Duplex, bytes: Buffer): void {
    const switched = bytes.subarray(0, SWITCHED.length).equals(SWITCHED)
    this.#mode = switched ? 'frames' : 'framed'
    if (!switched || this.#use === undefined) return
    this.#webSocket = new ClientWebSocket(this.#use, this.#parts, {
      client: this.#client,
      workerd,
      deadline: this.#deadline,
      toWorkerd: (passing) => this.#toWorkerd(passing),
      finish: () => this.#finish(),
    })
  }

  #waitForClient(workerd: Duplex): void {
    workerd.pause()
    clearTimeout(this.#stall)
    this.#stall = setTimeout(() => this.#cut(), this.#parts.limits.stallMs)
  }

  /** workerd has ended: the client has everything, and may still be sending. */
  #workerdOver(workerd: Duplex): void {
    if (workerd !== this.#workerd || this.#mode === 'over') return
    const webSocket = this.#webSocket
    this.#finish()
    workerd.destroy()
    if (this.#isOld && workerd.errored !== null) this.#cut()
    else if (webSocket !== undefined && this.#clientEnded) this.#client.end()
    else if (webSocket !== undefined) webSocket.lingerOut()
    else linger(this.#client, this.#parts.limits, () => this.#cut())
  }

  #clientEnd = (): void => {
    this.#clientEnded = true
    if (this.#mode === 'over' || this.#mode === 'dialling' || this.#mode === 'deciding') return
    this.#afterClientEnd()
  }

  /** It has left, or it waits for its answer and sends no more: the kernel cannot tell these apart. */
  #afterClientEnd(): void {
    if (this.#mode === 'frames') {
      this.#workerd?.end()
      return
    }
    const { limits } = this.#parts
    if (this.#workerd === undefined || this.#framer.unfinished !== undefined) {
      this.#finish()
      this.#workerd?.destroy()
      return this.#cut()
    }
    this.#workerd.end()
    const patience = this.#awaitsAnswer ? limits.halfClosedMs : limits.halfClosedSilenceMs
    this.#deadline.expect('half-closed', patience)
  }

  /** Our own answer, if no other is on its way. */
  #refuse(fault: HeadFault, retryAfter?: number): void {
    this.#drop()
    this.#finish()
    if (this.#answered) return this.#cut()
    this.#parts.onRefusal(fault.code)
    this.#client.write(refusalText(fault, retryAfter))
    linger(this.#client, this.#parts.limits)
  }

  /** Ends the connection before its answer's end, with a reset if no framing shows that. */
  #cut(): void {
    if (this.#isOld) this.#parts.reset()
    else this.#client.destroy()
  }

  #drop(): void {
    const workerd = this.#workerd
    this.#workerd = undefined
    workerd?.destroy()
  }

  #finish(): void {
    this.#mode = 'over'
    this.#deadline.calm()
    this.#webSocket?.end()
    this.#client.off('data', this.#fromClient)
    this.#client.off('end', this.#clientEnd)
  }

  /** Sets the deadline for what is unfinished. */
  #watch(): void {
    if (this.#mode !== 'framed' || this.#deadline.of === 'half-closed') return
    const { unfinished } = this.#framer
    if (unfinished === undefined) {
      if (this.#awaitsAnswer || this.#answered) this.#deadline.calm()
    } else if (unfinished === 'body')
      this.#deadline.expect('body', this.#parts.limits.bodySilenceMs)
    else if (this.#deadline.of !== 'head') this.#deadline.expect('head', this.#parts.limits.headMs)
  }

  #late(what: Awaited): void {
    // workerd takes nothing now, so the client is not the silent one.
    if (what === 'body' && this.#client.isPaused()) return this.#deadline.extend()
    if (what === 'half-closed' || what === 'close') {
      this.#drop()
      this.#finish()
      return this.#cut()
    }
    this.#refuse(TIMEOUT)
  }
}
