import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { aLane, carry, type Lane } from './lane.ts'
import type { Random } from '../support/random.ts'

/** Bytes of a connection's beginning that are kept, so that they can be sent again. */
const OPENING_BYTES = 8 * 1024

interface Pair {
  readonly near: Socket
  readonly far: Socket
}

/** A TCP proxy to a port on loopback that does to its connections what networks do. */
export class FaultLink implements AsyncDisposable {
  /** From whoever connects to the target, and back. */
  readonly up: Lane = aLane()
  readonly down: Lane = aLane()
  /** New connections are reset at once. */
  refusing = false
  /** Connections that were taken, and refused, so far. */
  made = 0
  refused = 0
  /** What the connection that was answered last had begun with: the heads of HTTP requests, or more. */
  opening: Buffer = Buffer.alloc(0)
  readonly #pairs = new Set<Pair>()
  /** Far ends that are left alone. */
  readonly #orphans = new WeakSet<Socket>()
  readonly #server: Server
  readonly #targetPort: number
  readonly #random: Random

  private constructor(targetPort: number, random: Random) {
    this.#targetPort = targetPort
    this.#random = random
    // Half-closed ends are passed on as such: a FIN is not a reset.
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => this.#take(near))
  }

  /** Listens on a free port of loopback. */
  static async to(targetPort: number, random: Random): Promise<FaultLink> {
    const link = new FaultLink(targetPort, random)
    link.#server.listen(0, '127.0.0.1')
    await once(link.#server, 'listening')
    return link
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get origin(): string {
    return `http://localhost:${this.port}`
  }

  /** Open now. */
  get connections(): number {
    return this.#pairs.size
  }

  /** Bytes carried so far, both ways. */
  get passed(): number {
    return this.up.passed + this.down.passed
  }

  /** Ends every connection: with a reset, or with a FIN to both sides. @returns how many there were */
  cut(how: 'reset' | 'fin'): number {
    const pairs = [...this.#pairs]
    for (const pair of pairs) {
      for (const socket of [pair.near, pair.far]) {
        if (how === 'reset') socket.resetAndDestroy()
        else socket.destroySoon()
      }
    }
    return pairs.length
  }

  /**
   * Resets whoever connected, and tells the target nothing, which hears no more of it: a laptop that changes its
   * network, a NAT that forgets. @returns how many connections there were
   */
  orphan(): number {
    const pairs = [...this.#pairs]
    for (const { near, far } of pairs) {
      this.#orphans.add(far)
      near.resetAndDestroy()
    }
    return pairs.length
  }

  /**
   * What is open carries nothing any more, for good, and neither end is told: a NAT that forgot while the laptop
   * slept. New connections are as ever. @returns how many there were
   */
  forget(): number {
    const pairs = [...this.#pairs]
    for (const { near, far } of pairs) {
      for (const socket of [near, far]) socket.removeAllListeners('data').pause()
    }
    return pairs.length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.refusing = true
    this.cut('reset')
    this.#server.close()
    await once(this.#server, 'close')
  }

  #take(near: Socket): void {
    near.on('error', () => {})
    if (this.refusing) {
      this.refused += 1
      near.resetAndDestroy()
      return
    }
    this.made += 1
    const far = connect({
      port: this.#targetPort,
      host: '127.0.0.1',
      allowHalfOpen: true,
      noDelay: true,
    })
    const pair = { near, far }
    this.#pairs.add(pair)
    far.on('error', () => near.resetAndDestroy())
    near.on('error', () => far.resetAndDestroy())
    let gone = 0
    for (const socket of [near, far]) {
      socket.once('close', () => {
        gone += 1
        if (gone === 2) this.#pairs.delete(pair)
      })
    }
    this.#keepOpening(near, far)
    const next = () => this.#random.next()
    void carry(near, far, this.up, next).then(() => {
      if (!this.#orphans.has(far)) far.end()
    })
    void carry(far, near, this.down, next).then(() => near.end())
  }

  #keepOpening(near: Socket, far: Socket): void {
    let opening = Buffer.alloc(0)
    const keep = (bytes: Buffer) => {
      opening = Buffer.concat([opening, bytes])
      if (opening.length >= OPENING_BYTES) near.off('data', keep)
    }
    near.on('data', keep)
    far.on('data', () => (this.opening = opening))
  }
}
