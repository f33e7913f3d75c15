import type { Socket } from 'node:net'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'

/** What happens to the bytes of one direction. A fault sets fields and later sets them back. */
export interface Shape {
  /** Nothing passes; what comes waits. */
  stalled: boolean
  /** Each byte comes so much later, milliseconds. */
  delayMs: number
  /** 0: as fast as it goes. */
  bytesPerSecond: number
  /** Each write is of one to so many bytes; 0: as they come. */
  split: number
}

/** Bytes that were held, late, slowed or split: the proof that a fault met somebody's traffic. */
export interface Lane {
  readonly shape: Shape
  passed: number
  touched: number
}

export function aLane(): Lane {
  const shape = { stalled: false, delayMs: 0, bytesPerSecond: 0, split: 0 }
  return { shape, passed: 0, touched: 0 }
}

/** Bytes that wait here before the sender is told to wait; the kernel's own buffers come on top. */
const HELD_BYTES = 256 * 1024
/** How often a stalled lane looks whether it is over, milliseconds. */
const LOOK_MS = 5
/** Largest piece of a slowed lane: small enough that the rate is even. */
const SLICE_BYTES = 4 * 1024

/** Carries one direction of a connection in its lane, in order. Resolves when either end is gone. */
export async function carry(
  from: Socket,
  to: Socket,
  lane: Lane,
  random: () => number,
): Promise<void> {
  const { shape } = lane
  const held: { readonly bytes: Buffer; readonly due: number }[] = []
  let heldBytes = 0
  let ended = false
  let wake = (): void => {}
  from.on('data', (bytes: Buffer) => {
    held.push({ bytes, due: Date.now() + shape.delayMs })
    heldBytes += bytes.length
    if (isShaped(shape)) lane.touched += bytes.length
    if (heldBytes > HELD_BYTES) from.pause()
    wake()
  })
  from.on('end', () => {
    ended = true
    wake()
  })
  from.on('close', () => wake())
  to.on('close', () => wake())

  while (!to.destroyed) {
    const next = held.shift()
    if (next === undefined) {
      if (ended || from.destroyed) break
      await new Promise<void>((resolve) => (wake = resolve))
      continue
    }
    while (shape.stalled && !to.destroyed) await sleep(LOOK_MS)
    const wait = next.due - Date.now()
    if (wait > 0) await sleep(wait)
    await pass(next.bytes, to, lane, random)
    heldBytes -= next.bytes.length
    if (heldBytes <= HELD_BYTES) from.resume()
  }
}

async function pass(bytes: Buffer, to: Socket, lane: Lane, random: () => number): Promise<void> {
  const { shape } = lane
  for (let at = 0; at < bytes.length && !to.destroyed;) {
    const size = pieceOf(shape, random)
    const piece = bytes.subarray(at, at + size)
    at += size
    const taken = to.write(piece)
    lane.passed += piece.length
    if (shape.bytesPerSecond > 0) await sleep((piece.length / shape.bytesPerSecond) * 1000)
    // A piece of its own only if the loop turns before the next one.
    else if (shape.split > 0) await turn()
    if (!taken) await drained(to)
  }
}

function pieceOf({ split, bytesPerSecond }: Shape, random: () => number): number {
  if (split > 0) return 1 + Math.floor(random() * split)
  return bytesPerSecond > 0 ? SLICE_BYTES : Number.POSITIVE_INFINITY
}

function isShaped(shape: Shape): boolean {
  return shape.stalled || shape.delayMs > 0 || shape.bytesPerSecond > 0 || shape.split > 0
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed || !socket.writableNeedDrain) return resolve()
    const done = () => {
      socket.off('drain', done).off('close', done)
      resolve()
    }
    socket.on('drain', done).on('close', done)
  })
}
