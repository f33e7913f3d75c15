import { encodeHead, type RequestHead } from '../../../protocol/tunnel/heads.ts'
import type { Membership, Multiplexer } from '../../../protocol/multiplexer/multiplexer.ts'
import { RESET } from '../../../protocol/tunnel/reset-code.ts'
import { BREAKS_THE_SINK } from './inject-edge-events-worker.ts'

/** How home's event stream goes on, by the first part of its target. */
export const FEED_KINDS = [
  'events-end',
  'events-cut',
  'events-silent',
  'events-join',
  'events-join',
  'events-breaking',
] as const

const BEGINNING = 4
const JOIN_TRIES = 400

/** Home's side of all event streams of a run. Each feed has its events from 1 on, and is resumed by the last one's id. */
export class HomeFeeds {
  readonly #random: () => number
  readonly #home: Multiplexer
  /** Streams that are a client's own, with the last event that was sent on each. */
  readonly #open = new Map<number, number>()
  /** By group: the newest event, and who follows. */
  readonly #groups = new Map(
    [1, 2].map((group) => [group, { newest: 2, members: new Set<number>() }]),
  )
  #closing = false

  constructor(random: () => number, home: Multiplexer) {
    this.#random = random
    this.#home = home
  }

  /** Members that home has, as far as it has heard. */
  get members(): number {
    return [...this.#groups.values()].reduce((sum, { members }) => sum + members.size, 0)
  }

  answer(stream: number, { target, headers }: RequestHead): void {
    const [, kind, index] = target.split('/')
    const last = headers.find(([name]) => name === 'last-event-id')?.[1]
    const after = last === undefined ? 0 : Number(last.split(':')[1])
    const head = encodeHead({ status: 200, headers: [['content-type', 'text/event-stream']] })
    if (!this.#home.respond(stream, head, new Uint8Array(0), false)) return
    this.#open.set(stream, after)
    if (kind === 'events-join') return this.#join(stream, 1 + (Number(index) % 2))
    for (let n = 1; n <= BEGINNING; n += 1) this.#next(stream)
    if (this.#closing || kind === 'events-end') return this.#end(stream)
    // In the middle of an event, and of what was sent before it.
    if (kind === 'events-cut') this.#cut(stream)
    if (kind === 'events-breaking') this.#next(stream, BREAKS_THE_SINK)
  }

  /** A stream is over before its end. */
  reset(stream: number): void {
    this.#open.delete(stream)
  }

  left({ group, member }: Membership): void {
    this.#groups.get(group)?.members.delete(member)
  }

  /** From now on everything comes to its end, after an event more. */
  close(): void {
    this.#closing = true
    for (const stream of this.#open.keys()) {
      this.#next(stream)
      this.#end(stream)
    }
    for (const [group, { members }] of this.#groups) {
      if (members.size === 0) continue
      this.#sendGroup(group)
      this.#home.endGroup(group)
      members.clear()
    }
  }

  #next(stream: number, text = 'e'.repeat(Math.floor(this.#random() * 3_000))): void {
    const id = (this.#open.get(stream) ?? 0) + 1
    this.#open.set(stream, id)
    this.#home.write(stream, event(id, text))
  }

  #end(stream: number): void {
    this.#open.delete(stream)
    this.#home.end(stream)
  }

  #cut(stream: number): void {
    this.#open.delete(stream)
    this.#home.write(stream, new TextEncoder().encode('id: 1:9999:x\ndata: "half'))
    setTimeout(() => this.#home.reset(stream, RESET.BODY_FAILED, Date.now()), this.#random() * 5)
  }

  /** Sends what its reader has not, and joins once that is out. */
  #join(stream: number, group: number, tries = 1): void {
    const known = this.#groups.get(group)
    const sent = this.#open.get(stream)
    if (known === undefined || sent === undefined) return
    for (let id = sent; id < known.newest; id += 1) this.#next(stream)
    if (this.#closing) return this.#end(stream)
    if (!this.#home.settled(stream)) {
      if (tries < JOIN_TRIES) setTimeout(() => this.#join(stream, group, tries + 1), 1)
      return
    }
    this.#open.delete(stream)
    const member = { group, member: stream }
    known.members.add(stream)
    this.#home.join(stream, member)
    if (this.#random() < 0.5) this.#sendGroup(group)
    setTimeout(() => this.#part(member), this.#random() * 10)
  }

  /** Whether a member is sent away, told so or not, the whole group is over, or it stays. */
  #part({ group, member }: Membership): void {
    const known = this.#groups.get(group)
    const chance = this.#random()
    if (known?.members.has(member) !== true || chance < 0.5) return
    if (chance < 0.65) {
      this.#home.endGroup(group)
      known.members.clear()
      return
    }
    known.members.delete(member)
    const farewell = chance < 0.8 ? event(known.newest + 1, 'farewell') : new Uint8Array(0)
    this.#home.leave({ group, member }, farewell)
  }

  #sendGroup(group: number): void {
    const known = this.#groups.get(group)
    if (known === undefined) return
    known.newest += 1
    this.#home.sendGroup(group, event(known.newest, 'group'))
  }
}

function event(id: number, text: string): Uint8Array {
  return new TextEncoder().encode(`id: 1:${id}:x\ndata: "${text}"\n\n`)
}
