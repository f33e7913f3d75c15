import { encodeHead, type ResponseHead } from '../../../protocol/tunnel/heads.ts'
import type { Multiplexer } from '../../../protocol/multiplexer/multiplexer.ts'
import { RESET } from '../../../protocol/tunnel/reset-code.ts'
import { encodeRecord } from '../../../protocol/tunnel/websocket-record.ts'
import { type Chance, oneOf } from './inject-edge-chance-worker.ts'

export const BYSTANDER_BYTES = 200_000

export const HOME_KINDS = ['small', 'long', 'cut', 'silent', 'odd', 'bodiless'] as const

export function answerAtHome(
  random: Chance,
  home: Multiplexer,
  stream: number,
  target: string,
): void {
  const [, kind] = target.split('/')
  const head = (more: Partial<ResponseHead> = {}) =>
    encodeHead({ status: 200, headers: [], ...more })
  const piece = new Uint8Array(20_000)
  setTimeout(
    () => {
      if (kind === 'silent') return
      if (kind === 'bystander' || kind === 'long' || kind === 'cut') {
        home.respond(stream, head(), piece, false)
        for (let sent = piece.length; sent < BYSTANDER_BYTES; sent += piece.length)
          home.write(stream, piece)
        if (kind === 'cut') home.reset(stream, RESET.BODY_FAILED, Date.now())
        else home.end(stream)
      } else if (kind === 'socket') {
        home.respond(stream, head({ status: 101 }), new Uint8Array(0), false)
        home.write(stream, encodeRecord({ kind: 'text', text: 'tea' }))
        const last = random()
        if (last < 0.3) home.write(stream, Uint8Array.of(9, 9, 9, 9, 9, 9))
        else if (last < 0.6)
          home.write(stream, encodeRecord({ kind: 'close', code: 4000, reason: '' }))
        if (last < 0.6) home.end(stream)
      } else if (kind === 'odd') {
        home.respond(
          stream,
          head({ status: oneOf(random, [101, 204, 304, 599]), headers: [['content-length', '7']] }),
          piece,
          random() < 0.5,
        )
      } else
        home.respond(
          stream,
          head({ status: kind === 'bodiless' ? 304 : 200 }),
          piece.subarray(0, 9),
          true,
        )
    },
    Math.floor(random() * 4),
  )
}
