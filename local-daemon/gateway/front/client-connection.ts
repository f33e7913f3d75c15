import type { Socket } from 'node:net'
import { detach } from '../../../protocol/detach.ts'
import type { HeadFault } from '../../../protocol/head-rules.ts'
import { linger } from '../../sockets/linger.ts'
import { AnswerWatch } from './answer-watch.ts'
import type { FrameFault } from './client-frames.ts'
import type { FrontLimits } from './front-limits.ts'
import { refusalText } from './refusal-text.ts'
import { RequestFramer } from './request-framer.ts'
import type { RequestHead, WebSocketUse } from './request-head.ts'
import type { UnfinishedMessages } from './unfinished-messages.ts'
import { WebSocketGuard } from './web-socket-guard.ts'
import type { WorkerdSocket } from './workerd-socket.ts'

export interface ConnectionParts {
  readonly limits: FrontLimits
  /** Lines that every request's head gets, each with its CRLF. */
  readonly own: string
  /** A connection to workerd, which may be starting; rejects when it does not come in time. */
  readonly dial: () => Promise<WorkerdSocket>
  /** The first whole head has come: the connection is no longer one that may be shed. */
  readonly onRequest: () => void
  /** What its WebSocket's unfinished message counts in, and under. */
  readonly messages: UnfinishedMessages
  readonly address: string | undefined
  /** Told the code of each refusal, the Worker's and the front's own. */
  readonly onRefusal: (code: string) => unknown
}

/**
 * `framed`: requests are found and passed on. `dialling`: a head waits for workerd. `deciding`: a WebSocket handshake waits for
 * its answer. `frames`: it is a WebSocket, whose frames are followed. `over`: the client has its last answer, or none.
 */
type Mode = 'framed' | 'dialling' | 'deciding' | 'frames' | 'over'

type Deadline = 'head' | 'body' | 'half-closed' | 'close'

const SWITCHED = Buffer.from('HTTP/1.1 101 ')
const TIMEOUT: HeadFault = {
  code: 'REQUEST_TIMEOUT',
  message: 'The request did not arrive in time',
}
const AWAY: HeadFault = { code: 'TUNNEL_OFFLINE', message: 'The gateway is starting again' }

/**
 * One client and its connection to workerd. Requests are read only as far as their frames, answers not at all: they pass
 * as they are, and one that is cut is cut for the client too.
 */
export class ClientConnection {
  readonly #client: Socket
  readonly #parts: ConnectionParts
  readonly #framer: RequestFramer
  readonly #watched = new AnswerWatch()
  #mode: Mode = 'framed'
  #workerd: WorkerdSocket | undefined
  #use: WebSocketUse | undefined
  #guard: WebSocketGuard | undefined
  /** A head has gone, and nothing has come back since. */
  #awaitsAnswer = false
  /** The client has been given something. */
  #answered = false
  #clientEnded = false
  /** The one deadline: of a head, of a body's silence, of a client that sends no more, or of a WebSocket's end. */
  #deadline: NodeJS.Timeout | undefined
  #deadlineOf: Deadline | undefined
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
    this.#expect('head', this.#parts.limits.headMs)
    client.on('data', this.#fromClient)
    client.on('end', this.#clientEnd)
    client.on('error', () => client.destroy())
    client.on('drain', () => {
      clearTimeout(this.#stall)
      this.#workerd?.resume()
    })
    client.once('close', () => {
      this.#calm()
      clearTimeout(this.#stall)
      this.#mode = 'over'
      this.#guard?.end()
      this.#workerd?.destroy()
    })
  }

  #fromClient = (bytes: Buffer): void => {
    if (this.#mode === 'frames') return this.#framesFromClient(bytes)
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
    // Its answer says what the bytes after it are: it must be the first on its connection.
    this.#use = head.webSocket
    if (head.webSocket !== undefined) this.#drop()
    this.#awaitsAnswer = true
    this.#watched.begin()
    if (this.#workerd === undefined) return this.#dial(head)
    this.#workerd.write(head.bytes)
  }

  #dial(head: RequestHead): void {
    this.#mode = 'dialling'
    this.#client.pause()
    detach(this.#dialAndSend(head), () => {
      // At a 503 an `EventSource` gives up for good; at a cut it tries again (WHATWG HTML, section 9.2.3).
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
    this.#attach(workerd)
    workerd.write(head.bytes)
    this.#mode = head.webSocket === undefined ? 'framed' : 'deciding'
    if (head.webSocket === undefined) this.#resume()
    if (this.#clientEnded) this.#afterClientEnd()
  }

  #attach(workerd: WorkerdSocket): void {
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

  #fromWorkerd(workerd: WorkerdSocket, bytes: Buffer): void {
    if (workerd !== this.#workerd || this.#mode === 'over') return
    this.#awaitsAnswer = false
    this.#answered = true
    const refusal = this.#watched.see(bytes)
    if (refusal !== undefined) this.#parts.onRefusal(refusal)
    const decides = this.#mode === 'deciding'
    if (decides) this.#decide(bytes)
    if (!this.#passToClient(bytes)) this.#waitForClient(workerd)
    if (this.#deadlineOf === 'half-closed') {
      this.#expect('half-closed', this.#parts.limits.halfClosedSilenceMs)
    }
    if (!decides) return
    if (this.#guard !== undefined) {
      this.#calm()
      const rest = this.#framer.rest()
      if (rest.length > 0) this.#framesFromClient(rest)
      if (this.#clientEnded) workerd.end()
    }
    this.#resume()
  }

  /** An answer's first line comes in one piece; one that did not would be no 101. */
  #decide(bytes: Buffer): void {
    const switched = bytes.subarray(0, SWITCHED.length).equals(SWITCHED)
    this.#mode = switched ? 'frames' : 'framed'
    if (!switched || this.#use === undefined) return
    const { limits, messages, address } = this.#parts
    this.#guard = new WebSocketGuard(this.#use, limits, messages, address, (fault) =>
      this.#refuseFrames(fault),
    )
  }

  #passToClient(bytes: Buffer): boolean {
    const guard = this.#guard
    if (guard === undefined || guard.isClosing) return this.#client.write(bytes)
    guard.gateway(bytes)
    // Once the client has the close, it has some time to answer.
    return this.#client.write(bytes, guard.isClosing ? () => this.#expectClose() : undefined)
  }

  #framesFromClient(bytes: Buffer): void {
    const guard = this.#guard
    if (guard === undefined || guard.isClientClosed) return
    const { passing, fault } = guard.client(bytes)
    if (this.#mode !== 'frames') return
    if (passing > 0) this.#toWorkerd(passing === bytes.length ? bytes : bytes.subarray(0, passing))
    if (fault !== undefined) return this.#refuseFrames(fault)
    if (guard.isClientClosed) this.#expectClose()
  }

  /** One side has said its close: what is still to be said takes no long time. */
  #expectClose(): void {
    if (this.#mode === 'frames' && this.#deadlineOf !== 'close')
      this.#expect('close', this.#parts.limits.webSocketCloseMs)
  }

  /** The client broke the rules of the WebSocket: workerd sees a cut, and the client why. */
  #refuseFrames(fault: FrameFault): void {
    const close = this.#guard?.closeFor(fault)
    const workerd = this.#workerd
    this.#finish()
    // What came before it is still workerd's, without a clean end.
    workerd?.end()
    if (close === undefined) {
      this.#client.destroy()
      return
    }
    this.#client.write(close)
    this.#lingerFrames()
  }

  #lingerFrames(): void {
    const { limits } = this.#parts
    linger(this.#client, { ...limits, lingerMs: limits.webSocketCloseMs })
  }

  #waitForClient(workerd: WorkerdSocket): void {
    workerd.pause()
    clearTimeout(this.#stall)
    this.#stall = setTimeout(() => this.#client.destroy(), this.#parts.limits.stallMs)
  }

  /** workerd says no more: the client has all that it gets, and may still be sending. */
  #workerdOver(workerd: WorkerdSocket): void {
    if (workerd !== this.#workerd || this.#mode === 'over') return
    const wasWebSocket = this.#mode === 'frames'
    this.#finish()
    workerd.destroy()
    if (wasWebSocket && this.#clientEnded) this.#client.end()
    else if (wasWebSocket) this.#lingerFrames()
    else linger(this.#client, this.#parts.limits)
  }

  #clientEnd = (): void => {
    this.#clientEnded = true
    if (this.#mode === 'over' || this.#mode === 'dialling' || this.#mode === 'deciding') return
    this.#afterClientEnd()
  }

  /** It has left, or it waits for its answer and has nothing more to ask: the kernel tells these apart no further. */
  #afterClientEnd(): void {
    if (this.#mode === 'frames') {
      this.#workerd?.end()
      return
    }
    const { limits } = this.#parts
    if (this.#workerd === undefined || this.#framer.unfinished !== undefined) {
      this.#finish()
      this.#workerd?.destroy()
      this.#client.destroy()
      return
    }
    this.#workerd.end()
    const patience = this.#awaitsAnswer ? limits.halfClosedMs : limits.halfClosedSilenceMs
    this.#expect('half-closed', patience)
  }

  /** An answer of our own, where nothing of another is on its way. */
  #refuse(fault: HeadFault, retryAfter?: number): void {
    this.#drop()
    this.#finish()
    if (this.#answered) {
      this.#client.destroy()
      return
    }
    this.#parts.onRefusal(fault.code)
    this.#client.write(refusalText(fault, retryAfter))
    linger(this.#client, this.#parts.limits)
  }

  #drop(): void {
    const workerd = this.#workerd
    this.#workerd = undefined
    workerd?.destroy()
  }

  #finish(): void {
    this.#mode = 'over'
    this.#calm()
    this.#guard?.end()
    this.#client.off('data', this.#fromClient)
    this.#client.off('end', this.#clientEnd)
  }

  /** Sets the deadline that fits what is unfinished. */
  #watch(): void {
    if (this.#mode !== 'framed' || this.#deadlineOf === 'half-closed') return
    const { unfinished } = this.#framer
    if (unfinished === undefined) {
      if (this.#awaitsAnswer || this.#answered) this.#calm()
    } else if (unfinished === 'body') this.#expect('body', this.#parts.limits.bodySilenceMs)
    else if (this.#deadlineOf !== 'head') this.#expect('head', this.#parts.limits.headMs)
  }

  #expect(what: Deadline, ms: number): void {
    if (this.#deadlineOf === what && what !== 'half-closed') {
      this.#deadline?.refresh()
      return
    }
    this.#calm()
    this.#deadlineOf = what
    this.#deadline = setTimeout(() => this.#late(), ms)
  }

  #calm(): void {
    clearTimeout(this.#deadline)
    this.#deadline = undefined
    this.#deadlineOf = undefined
  }

  #late(): void {
    // workerd takes nothing now: it is not the client that is silent.
    if (this.#deadlineOf === 'body' && this.#client.isPaused()) {
      this.#deadline?.refresh()
      return
    }
    if (this.#deadlineOf === 'half-closed' || this.#deadlineOf === 'close') {
      this.#drop()
      this.#finish()
      this.#client.destroy()
      return
    }
    this.#refuse(TIMEOUT)
  }
}
