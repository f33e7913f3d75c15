import { expect, test } from 'vitest'
import { LinkMeter } from '../../../local-daemon/tunnel/link-meter.ts'

/** `+3`: a ping at 3 ms; `-5`: an answer at 5 ms; `|`: a new socket. */
const ROWS: readonly (readonly [name: string, events: string, roundTripMs: number | null])[] = [
  ['nothing was sent', '', null],
  ['a ping without an answer', '+1', null],
  ['a ping and its answer', '+1 -9', 8],
  ['the last of several', '+1 -9 +20 -25', 5],
  ['an answer that nobody asked for', '-9', null],
  ['another one after the answer', '+1 -9 -400', 8],
  ['a second ping before the first answer', '+1 +7 -9', 8],
  ['the answer to that second ping, whose time is not known', '+1 +7 -9 -10', 8],
  ['a third ping, once both are answered', '+1 +7 -9 -10 +20 -23', 3],
  ['a new socket forgets the old one', '+1 -9 |', null],
  ['an answer that was due on the old socket', '+1 | -9', null],
  ['a ping on the new socket', '+1 | +5 -7', 2],
]

test.each(ROWS)('the round trip is measured: %s', (_name, events, roundTripMs) => {
  const meter = new LinkMeter()
  let pings = meter.opened()
  for (const event of events.split(' ').filter((text) => text !== '')) {
    if (event === '|') pings = meter.opened()
    else if (event.startsWith('+')) pings.pinged(Number(event.slice(1)))
    else pings.ponged(Number(event.slice(1)))
  }
  expect(meter.counts.roundTripMs).toBe(roundTripMs)
})

test('counts go on over connections', () => {
  const meter = new LinkMeter()
  meter.opened()
  meter.received(5)
  meter.sent(7)
  meter.relayed()
  meter.opened()
  meter.received(1)
  expect(meter.counts).toMatchObject({ bytesIn: 6, bytesOut: 7, requests: 1 })
})
