import { describe, expect, it } from 'vitest'
import { CLOSE } from '../../../protocol/tunnel/close-code.ts'
import { ConnectionError } from '../../../protocol/tunnel/connection-error.ts'
import {
  FRAME_INTERVAL_MS,
  FRAME_RATES,
  FrameRates,
} from '../../../protocol/multiplexer/frame-rates.ts'
import { FRAME } from '../../../protocol/tunnel/frame.ts'
import { closeCodeOf, lastGoAway } from '../../../protocol/tunnel/last-go-away.ts'
import { RESET } from '../../../protocol/tunnel/reset-code.ts'
import { readWire } from '../../support/wire/wire-text.ts'

const kinds = Object.entries(FRAME_RATES) as [keyof typeof FRAME_RATES, number][]

function send(rates: FrameRates, kind: keyof typeof FRAME, count: number, now: number) {
  for (let sent = 0; sent < count; sent += 1) {
    try {
      rates.take(FRAME[kind], now)
    } catch (error) {
      return { sent, error }
    }
  }
  return { sent: count, error: undefined }
}

describe.each(kinds)('a flood of %s, more than %i in ten seconds,', (kind, limit) => {
  it('costs the connection, with a code, and nothing below it does', () => {
    const rates = new FrameRates()
    expect(send(rates, kind, limit, 0)).toEqual({ sent: limit, error: undefined })
    const { error } = send(rates, kind, 1, FRAME_INTERVAL_MS / 2)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ code: RESET.ENHANCE_YOUR_CALM })
  })

  it('is allowed at that pace for any time', () => {
    const rates = new FrameRates()
    for (let round = 0; round < 5; round += 1) {
      const { error } = send(rates, kind, limit / 2, (round * FRAME_INTERVAL_MS) / 2)
      expect(error).toBeUndefined()
    }
  })
})

it('a peer that is closed for it learns so by GO_AWAY and by the close code', () => {
  const error = new ConnectionError('read PING: too many', RESET.ENHANCE_YOUR_CALM)
  expect(readWire(lastGoAway(7, error))).toMatchObject([
    { type: 'GO_AWAY', last_stream: 7, code: 'ENHANCE_YOUR_CALM', reason: 'read PING: too many' },
  ])
  expect(closeCodeOf(error)).toBe(CLOSE.POLICY)
  expect(closeCodeOf(new ConnectionError('read frame'))).toBe(CLOSE.PROTOCOL_ERROR)
})
