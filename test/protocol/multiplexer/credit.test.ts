import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ReceiveCredit, SendCredit } from '../../../protocol/multiplexer/credit.ts'
import { SendQueue } from '../../../protocol/multiplexer/send-queue.ts'
import { pattern } from '../../support/wire/mux-end.ts'

describe('credit for sending', () => {
  it('is a total: older, repeated and skipped grants change nothing', () => {
    const credit = new SendCredit(100)
    credit.spend(100)
    expect(credit.available).toBe(0)
    expect([credit.raise(50), credit.raise(100), credit.raise(0)]).toEqual([false, false, false])
    expect(credit.raise(130)).toBe(true)
    expect(credit.raise(130)).toBe(false)
    expect(credit.raise(120)).toBe(false)
    expect(credit.available).toBe(30)
  })

  it('says only once that sending is possible again', () => {
    const credit = new SendCredit(0)
    expect([credit.raise(10), credit.raise(20)]).toEqual([true, false])
  })

  it('takes back what never left', () => {
    const credit = new SendCredit(100, 40)
    credit.spend(60)
    credit.refund(25)
    expect([credit.available, credit.sent]).toEqual([25, 75])
  })
})

describe('credit for receiving', () => {
  it('grants what was taken, once enough of it has come together', () => {
    const credit = new ReceiveCredit(100)
    expect(credit.receive(100)).toBe(true)
    credit.consume(49)
    expect([credit.buffered, credit.ungranted]).toEqual([51, 49])
    credit.consume(1)
    expect(credit.grant()).toBe(150)
    expect(credit.ungranted).toBe(0)
  })

  it('does not count what is more than was granted', () => {
    const credit = new ReceiveCredit(100)
    expect(credit.receive(101)).toBe(false)
    expect([credit.received, credit.buffered]).toEqual([0, 0])
    expect(credit.receive(100)).toBe(true)
    expect(credit.receive(1)).toBe(false)
  })

  it('never takes a grant back, and a wider window is granted at once', () => {
    const credit = new ReceiveCredit(100)
    credit.widen(300)
    expect(credit.grant()).toBe(300)
    expect(credit.grant()).toBe(300)
  })

  it('goes on from a snapshot, above 2^32 too', () => {
    const far = 2 ** 45
    const credit = new ReceiveCredit(1000, far + 400, far)
    expect([credit.buffered, credit.ungranted]).toEqual([0, 600])
    expect([credit.receive(401), credit.receive(400)]).toEqual([false, true])
    credit.consume(400)
    expect(credit.grant()).toBe(far + 1400)
  })

  it('in any order of events: never more than a window ahead, never a byte lost', () => {
    const step = fc.record({ send: fc.nat(80), take: fc.nat(80), grant: fc.boolean() })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.array(step), (window, steps) => {
        const receive = new ReceiveCredit(window)
        const send = new SendCredit(window)
        for (const { send: bytes, take, grant } of steps) {
          const sent = Math.min(bytes, send.available)
          send.spend(sent)
          expect(receive.receive(sent)).toBe(true)
          receive.consume(Math.min(take, receive.buffered))
          if (grant) send.raise(receive.grant())
          expect(receive.buffered + send.available).toBeLessThanOrEqual(window)
        }
        receive.consume(receive.buffered)
        send.raise(receive.grant())
        expect(send.available).toBe(window)
      }),
    )
  })
})

describe('the queue of a body', () => {
  it('gives back what was put in, in any pieces', () => {
    const sizes = fc.array(fc.nat(50), { maxLength: 200 })
    fc.assert(
      fc.property(sizes, fc.array(fc.integer({ min: 1, max: 120 })), (pieces, takes) => {
        const whole = pattern(pieces.reduce((sum, piece) => sum + piece, 0))
        const queue = new SendQueue()
        let at = 0
        for (const piece of pieces) queue.push(whole.subarray(at, (at += piece)))
        expect(queue.bytes).toBe(whole.length)
        const out = new Uint8Array(whole.length)
        let done = 0
        for (const take of [...takes, whole.length]) {
          const count = Math.min(take, queue.bytes)
          queue.reserve(count)
          queue.moveTo(out, done, count)
          done += count
        }
        expect(Buffer.compare(out, whole)).toBe(0)
        expect(queue.bytes).toBe(0)
      }),
    )
  })

  it('takes millions of small chunks in linear time', () => {
    const queue = new SendQueue()
    const chunk = Uint8Array.of(1, 2, 3)
    const bytes = 3 * 3_000_000
    for (let count = 0; count < 3_000_000; count += 1) queue.push(chunk)
    const out = new Uint8Array(bytes)
    // A move of the whole array for every few chunks would take minutes.
    queue.reserve(bytes)
    queue.moveTo(out, 0, bytes)
    expect(queue.bytes).toBe(0)
    expect(out.subarray(-3)).toEqual(chunk)
  })
})
