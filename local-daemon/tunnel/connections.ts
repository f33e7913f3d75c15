import type { WebSocket } from 'ws'
import { Connection, type ConnectionOptions } from './connection.ts'
import type { TunnelStatus } from './tunnel-status.ts'

export type ConnectionsOptions = Omit<ConnectionOptions, 'open' | 'onEnded'>

/** Every connection whose socket is not closed, by a number that the states know it by. */
export class Connections {
  readonly #options: ConnectionsOptions
  readonly #open = new Map<number, Connection>()
  /** Not opened yet. */
  readonly #accepted = new Map<number, WebSocket>()
  #lastId = 0

  constructor(options: ConnectionsOptions) {
    this.#options = options
  }

  /** Takes a dialed socket. @returns its number */
  accept(socket: WebSocket): number {
    this.#lastId += 1
    this.#accepted.set(this.#lastId, socket)
    return this.#lastId
  }

  /** Says HELLO on an accepted socket. @param open generations of the older connections, which are still finishing */
  open(id: number, open: readonly number[]): void {
    const socket = this.#accepted.get(id)
    this.#accepted.delete(id)
    if (socket === undefined) return
    const onEnded = () => this.#open.delete(id)
    try {
      this.#open.set(id, new Connection(id, socket, { ...this.#options, open, onEnded }))
    } catch (error) {
      socket.terminate()
      this.#options.onFault('connection', error)
      const reason = 'the daemon failed; its log says why'
      this.#options.onHappening({ kind: 'closed', connection: id, reason })
    }
  }

  get(id: number): Connection | undefined {
    return this.#open.get(id)
  }

  /** Makes sure of each that the gateway is still there. @param why as a clause */
  probe(why: string): void {
    for (const connection of this.#open.values()) connection.probe(why)
  }

  /** To be called about once a second. @returns those without an open request */
  tick(): ReadonlySet<number> {
    const idle = new Set<number>()
    for (const [id, connection] of this.#open) {
      connection.tick()
      if (connection.session.open === 0) idle.add(id)
    }
    return idle
  }

  /** What all of them carry together. */
  get counts(): Pick<TunnelStatus, 'open_streams' | 'subscribers' | 'groups'> {
    let open_streams = 0
    let subscribers = 0
    let groups = 0
    for (const { session } of this.#open.values()) {
      open_streams += session.open
      subscribers += session.subscribers.members
      groups += session.subscribers.groups
    }
    return { open_streams, subscribers, groups }
  }
}
